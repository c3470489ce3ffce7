//! Why a list is missing, or is not all of it.

import type { UseQueryResult } from '@tanstack/react-query'
import { useState } from 'react'
import type { Listed } from '@/api/queries'
import { Section, SectionBody } from '@/components/section'
import { Button } from '@/components/ui/button'
import { Failed, Refusal } from './answer'
import { Exchanges } from './exchanges'

/** `what`: in the plural. Nothing, if the list is whole. */
export function ListNotice({ list, what }: { list: UseQueryResult<Listed>; what: string }) {
  const [isShown, setIsShown] = useState(false)
  if (list.isError) return <Failed error={list.error} onRetry={() => void list.refetch()} />
  if (!list.data) return null
  const { refusal, isCut, items } = list.data
  if (refusal === undefined) {
    if (!isCut) return null
    return (
      <p role="note" className="rounded-lg border bg-card p-3 text-quiet">
        These are the first {items.length.toLocaleString('en')}: the server has more, and the console asks for
        no more than that.
      </p>
    )
  }
  return (
    <>
      <Section
        title={items.length > 0 ? `The list of ${what} broke off` : `The ${what} could not be listed`}
        description="The gateway asked the server in your name, and this came of it."
        actions={
          <>
            <Button size="sm" aria-expanded={isShown} onClick={() => setIsShown(!isShown)}>
              {isShown ? 'Hide the exchange' : 'Show the exchange'}
            </Button>
            <Button size="sm" busy={list.isFetching} onClick={() => void list.refetch()}>
              Try again
            </Button>
          </>
        }
      >
        <SectionBody className="space-y-3">
          <Refusal answer={refusal} />
        </SectionBody>
      </Section>
      {isShown && <Exchanges exchanges={refusal.exchanges} />}
    </>
  )
}
