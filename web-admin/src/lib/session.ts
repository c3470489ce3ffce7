import { useSuspenseQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { session } from '@/api/queries'
import type { Session } from '@/api/types'

/** The tenant of the address. */
export const useTenant = (): string => useParams({ from: '/$tenant' }).tenant

/** Who is signed in. The route above every page has loaded it. */
export const useSession = (): Session => useSuspenseQuery(session(useTenant())).data
