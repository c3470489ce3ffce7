import { expect, test } from 'vitest'
import type { Usage } from '@/api/types'
import { toolRows } from './tool-rows'

const usage = {
  series: [
    { tool: 'search', total: { calls: 7 } },
    { tool: 'delete_repo', total: { calls: 1 } },
    { total: { calls: 2 } },
  ],
} as unknown as Usage

const state = (rows: ReturnType<typeof toolRows>) => Object.fromEntries(rows.map(row => [row.name, row.isOn]))

test('tools that were called or switched, each once, by name', () => {
  const rows = toolRows({ off: ['delete_repo'], on: ['create'], new_tools: 'on' }, usage, undefined)
  expect(rows.map(row => row.name)).toEqual(['create', 'delete_repo', 'search'])
  expect(rows[1]).toEqual({ name: 'delete_repo', isOn: false, isSwitched: true, calls: 1 })
})

test('a tool that nobody switched goes by what new tools do', () => {
  expect(state(toolRows({ new_tools: 'on' }, usage, undefined))).toEqual({ delete_repo: true, search: true })
  expect(state(toolRows({ new_tools: 'held', on: ['search'] }, usage, undefined))).toEqual({
    delete_repo: false,
    search: true,
  })
})

test('a search narrows, in any case', () => {
  expect(toolRows({}, usage, 'SEA').map(row => row.name)).toEqual(['search'])
})
