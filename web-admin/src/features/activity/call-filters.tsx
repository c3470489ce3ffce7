//! The filters of the call log and of usage. What has been called lately is offered; anything else may be typed.

import { Filter, Filters, RangeFilter } from '@/components/filters'
import { PartyName, ServerName } from '@/components/names'
import { FAULT_WORDS, OUTCOME_WORDS } from '@/lib/call-words'
import {
  matching,
  type Options,
  useClientOptions,
  usePartyOptions,
  useServerOptions,
  useToolOptions,
} from '@/lib/options'
import { CALL_RANGES, type CallSearch, FAULTS, OUTCOMES } from './search'
import { USAGE_RANGES, type UsageSearch } from './usage-data'

/** What a page may be about itself. */
export type CallPart = 'server' | 'member'

type CallFiltersProps = {
  value: CallSearch
  without?: readonly CallPart[]
  onChange: (change: Partial<CallSearch>) => void
}

export function CallFilters({ value, without = [], onChange }: CallFiltersProps) {
  return (
    <Filters>
      {!value.live && (
        <RangeFilter
          value={value}
          names={CALL_RANGES}
          fallback="24h"
          onChange={({ range, from, to }) => onChange({ range, from, to })}
        />
      )}
      <WhoAndWhat value={value} hasServer={!without.includes('server')} onChange={onChange} />
      <Filter
        label="Outcome"
        value={value.outcome}
        words={value.outcome && OUTCOME_WORDS[value.outcome].label}
        useOptions={useOutcomeOptions}
        onChange={outcome => onChange({ outcome: OUTCOMES.find(one => one === outcome) })}
      />
      <Filter
        label="Fault"
        value={value.fault}
        words={value.fault && FAULT_WORDS[value.fault]}
        useOptions={useFaultOptions}
        onChange={fault => onChange({ fault: FAULTS.find(one => one === fault) })}
      />
      {!without.includes('member') && (
        <Filter
          label="Member"
          value={value.member}
          words={value.member && <ServerName id={value.member} />}
          useOptions={useServerOptions}
          onChange={member => onChange({ member })}
        />
      )}
      {/* Rare ones come by link, and can be taken away. */}
      {value.client_id !== undefined && (
        <Filter
          label="Client id"
          value={value.client_id}
          useOptions={useNothing}
          free
          onChange={client_id => onChange({ client_id })}
        />
      )}
      {value.method !== undefined && (
        <Filter
          label="Method"
          value={value.method}
          useOptions={useNothing}
          free
          onChange={method => onChange({ method })}
        />
      )}
    </Filters>
  )
}

/** What the list of calls and their sum are narrowed by, both. */
type CommonSearch = Pick<CallSearch, 'server' | 'tool' | 'principal' | 'client'>

type WhoAndWhatProps = {
  value: CommonSearch
  hasServer: boolean
  onChange: (change: Partial<CommonSearch>) => void
}

const WhoAndWhat = ({ value, hasServer, onChange }: WhoAndWhatProps) => (
  <>
    {hasServer && (
      <Filter
        label="Server"
        value={value.server}
        words={value.server && <ServerName id={value.server} />}
        useOptions={useServerOptions}
        onChange={server => onChange({ server })}
      />
    )}
    <Filter
      label="Tool"
      value={value.tool}
      useOptions={useToolOptions}
      free
      onChange={tool => onChange({ tool })}
    />
    <Filter
      label="Person"
      value={value.principal}
      words={value.principal && <PartyName id={value.principal} />}
      useOptions={usePartyOptions}
      onChange={principal => onChange({ principal })}
    />
    <Filter
      label="Client"
      value={value.client}
      useOptions={useClientOptions}
      free
      onChange={client => onChange({ client })}
    />
  </>
)

type UsageFiltersProps = {
  value: UsageSearch
  hasServer: boolean
  onChange: (change: Partial<UsageSearch>) => void
}

export const UsageFilters = ({ value, ...rest }: UsageFiltersProps) => (
  <Filters>
    <RangeFilter
      value={value}
      names={USAGE_RANGES}
      fallback="7d"
      onChange={({ range, from, to }) => rest.onChange({ range, from, to })}
    />
    <WhoAndWhat value={value} {...rest} />
  </Filters>
)

const useNothing = (): Options => ({ options: [], isPending: false })

const useOutcomeOptions = (typed: string): Options => ({
  options: matching(
    OUTCOMES.map(value => ({ value, label: OUTCOME_WORDS[value].label })),
    typed,
  ),
  isPending: false,
})

const useFaultOptions = (typed: string): Options => ({
  options: matching(
    FAULTS.map(value => ({ value, label: FAULT_WORDS[value] })),
    typed,
  ),
  isPending: false,
})
