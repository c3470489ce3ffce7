//! The tools of a server: each with what it says about itself, and for managers with its switch.

import { Link } from '@tanstack/react-router'
import { useId } from 'react'
import type { ToolSwitchChange } from '@/api/types'
import { RowItem, RowList } from '@/components/section'
import { Badge } from '@/components/ui/badge'
import { Button } from '@/components/ui/button'
import { Card } from '@/components/ui/card'
import { Switch } from '@/components/ui/switch'
import { hintsOf, member } from '@/lib/mcp'
import { paths } from '@/lib/paths'
import { useServer } from '@/lib/server'
import { plural } from '@/lib/units'
import { HintBadges } from './hint-badges'
import { formOf } from './schema-form'
import { takesWords } from './schema-words'
import type { ToolRow } from './tool-rows'

type ToolListProps = {
  rows: readonly ToolRow[]
  /** The server has said which tools it has. */
  isListed: boolean
  /** For who may see which are on. */
  hasSwitches: boolean
  /** For managers. */
  onSwitch: ((change: ToolSwitchChange) => void) | undefined
}

export const ToolList = ({ rows, ...rest }: ToolListProps) => (
  <Card className="[&>ul]:border-t-0">
    <RowList label="Tools">
      {rows.map(row => (
        <RowItem key={row.name}>
          <Tool row={row} {...rest} />
        </RowItem>
      ))}
    </RowList>
  </Card>
)

function Tool({ row, isListed, hasSwitches, onSwitch }: Omit<ToolListProps, 'rows'> & { row: ToolRow }) {
  const { name, tool, isOn, isSwitched, calls } = row
  const id = useId()
  return (
    <>
      <div className="min-w-0 flex-1 py-1">
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <ToolName row={row} />
          {tool && <HintBadges hints={hintsOf(tool)} />}
          {hasSwitches && !isOn && <Badge>Off</Badge>}
        </div>
        {tool ? (
          <>
            <p className="line-clamp-2 max-w-[90ch] text-quiet">
              {[tool.title !== name && tool.title, tool.description].filter(Boolean).join(': ')}
            </p>
            <p className="text-quiet text-xs">{takesWords(formOf(member(tool.raw, 'inputSchema')))}</p>
          </>
        ) : (
          <p className="text-quiet text-xs">
            {isOn ? isListed && 'Not in the list that you see' : 'Off: in nobody’s list'}
          </p>
        )}
      </div>
      {hasSwitches && (
        <>
          <span className="whitespace-nowrap text-quiet text-xs max-md:hidden">
            {calls > 0 ? `${plural(calls, 'call')} in 30 days` : 'Not called lately'}
          </span>
          {isSwitched && onSwitch && (
            <Button
              kind="quiet"
              size="sm"
              className="relative z-1"
              aria-label={`Reset ${name}`}
              onClick={() => onSwitch({ reset: [name] })}
            >
              Reset
            </Button>
          )}
          <label htmlFor={id} className="sr-only">
            {name}
          </label>
          <Switch
            id={id}
            className="z-1"
            checked={isOn}
            disabled={!onSwitch}
            onCheckedChange={on => onSwitch?.(on ? { on: [name] } : { off: [name] })}
          />
        </>
      )}
    </>
  )
}

/** The whole row leads to the tool, where there is something to see. */
function ToolName({ row: { name, tool } }: { row: ToolRow }) {
  const { tenant, server } = useServer()
  if (!tool) return <span className="break-all font-mono text-[0.8125rem]">{name}</span>
  return (
    <Link
      {...paths.tools(tenant, server.id)}
      search={{ tool: name }}
      className="break-all font-medium font-mono text-[0.8125rem] outline-none after:absolute after:inset-0 focus-visible:after:outline-2 focus-visible:after:outline-accent focus-visible:after:-outline-offset-2"
    >
      {name}
    </Link>
  )
}
