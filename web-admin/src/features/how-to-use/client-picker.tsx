import { getRouteApi, Link } from '@tanstack/react-router'
import { Select } from '@/components/ui/field'
import type { ClientId } from './client-ids'
import type { Client } from './snippets'

const route = getRouteApi('/$tenant/servers/$server/how-to-use')

/** All clients beside the page; on a phone one field. */
export function ClientPicker({ clients, chosen }: { clients: Client[]; chosen: ClientId | undefined }) {
  const navigate = route.useNavigate()
  return (
    <>
      <div className="lg:hidden">
        <Select
          aria-label="Client"
          value={chosen}
          onChange={event => {
            const client = event.target.value as ClientId
            void navigate({ search: before => ({ ...before, client }), replace: true })
          }}
        >
          {clients.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </Select>
      </div>
      <nav aria-label="Clients" className="sticky top-18 max-lg:hidden">
        <ul className="space-y-0.5">
          {clients.map(({ id, name }) => (
            <li key={id}>
              <Link
                from={route.id}
                to="."
                search={before => ({ ...before, client: id })}
                replace
                resetScroll={false}
                aria-current={id === chosen ? 'true' : undefined}
                className="flex h-8 items-center rounded-md px-2.5 text-quiet hover:bg-hover hover:text-text aria-[current=true]:bg-hover aria-[current=true]:font-medium aria-[current=true]:text-text"
              >
                {name}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
    </>
  )
}
