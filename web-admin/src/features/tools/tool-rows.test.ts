import { expect, test } from 'vitest'
import type { Usage } from '@/api/types'
import { offeredOf } from '@/lib/mcp'
import { toolRows } from './tool-rows'

const usage = {
  series: [
    { tool: 'search', total: { calls: 7 } },
    { tool: 'delete_repo', total: { calls: 1 } },
    { total: { calls: 2 } },
  ],
} as unknown as Usage

const listed = offeredOf('tools', {
  tools: [
    { name: 'search', title: 'Look around' },
    { name: 'read', description: 'Opens one FILE.' },
  ],
})

const names = (rows: ReturnType<typeof toolRows>) => rows.map(row => row.name)
const state = (rows: ReturnType<typeof toolRows>) => Object.fromEntries(rows.map(row => [row.name, row.isOn]))

test('tools that are listed, switched or were called, each once, by name', () => {
  const switches = { off: ['delete_repo'], on: ['create'], new_tools: 'on' } as const
  const rows = toolRows(
    { listed, switches: { ...switches, off: [...switches.off], on: [...switches.on] }, usage },
    undefined,
  )
  expect(names(rows)).toEqual(['create', 'delete_repo', 'read', 'search'])
  expect(rows[1]).toEqual({ name: 'delete_repo', tool: undefined, isOn: false, isSwitched: true, calls: 1 })
  expect(rows[3]).toMatchObject({ tool: { title: 'Look around' }, isOn: true, isSwitched: false, calls: 7 })
})

test('a tool that nobody switched goes by what new tools do', () => {
  const of = (switches: object) => state(toolRows({ listed: undefined, switches, usage }, undefined))
  expect(of({ new_tools: 'on' })).toEqual({ delete_repo: true, search: true })
  expect(of({ new_tools: 'held', on: ['search'] })).toEqual({ delete_repo: false, search: true })
})

test('a search narrows by name, title and description, in any case', () => {
  const found = (q: string) => names(toolRows({ listed }, q))
  expect(found('SEA')).toEqual(['search'])
  expect(found('look')).toEqual(['search'])
  expect(found('file')).toEqual(['read'])
  expect(found('nothing')).toEqual([])
})
