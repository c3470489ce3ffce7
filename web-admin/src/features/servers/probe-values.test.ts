import { expect, test } from 'vitest'
import type { Probe } from '@/api/types'
import { factsOf, isCompleteUrl, nameOf, proposalOf, toldOf } from './probe-values'

const probe = (more: Partial<Probe>): Probe => ({
  outcome: 'answers',
  detail: '',
  protocol_versions: [],
  tools: [],
  has_more_tools: false,
  suggested_auth: 'none',
  ...more,
})

test('a URL is looked at by itself once it is complete', () => {
  const check = (text: string, expected: boolean) => expect(isCompleteUrl(text), text).toBe(expected)
  check('https://mcp.example.com/mcp', true)
  check('https://mcp.example.com', true)
  check('https://mcp', false)
  check('https://mcp.', false)
  check('http://mcp.example.com', false)
  check('http://localhost:3000/mcp', true)
  check('http://127.0.0.1:3000/mcp', true)
  check('http://[::1]:3000', true)
  check('http://localhost.example.com', false)
  check('mcp.example.com', false)
  check('', false)
})

test('names that people would give', () => {
  const check = (name: string, expected: string) => expect(nameOf(name)).toBe(expected)
  check('github-mcp-server', 'Github')
  check('portway-demo', 'Portway demo')
  check('Linear', 'Linear')
  check('@acme/mcp', 'Mcp')
  check('mcp', 'Mcp')
  check('', '')
})

test('a proposal is made of what answers, and of nothing else', () => {
  const url = 'https://mcp.linear.app/mcp'
  const server = { name: 'issue_tracker', version: '1' }
  expect(proposalOf(probe({ server }), url)).toEqual({ display_name: 'Issue tracker', kind: 'none' })
  const closed = probe({ outcome: 'needs_authorization', suggested_auth: 'oauth_per_user' })
  expect(proposalOf(closed, url)).toEqual({ display_name: 'Linear', kind: 'oauth_per_user' })
  for (const outcome of ['not_mcp', 'unreachable'] as const)
    expect(proposalOf(probe({ outcome }), url)).toEqual({ display_name: '', kind: undefined })
})

test('what to do is said where something is to be done', () => {
  expect(toldOf(probe({})).todo).toBeUndefined()
  const authorization = { scopes: [], registration: 'manual' as const }
  const manual = probe({ outcome: 'needs_authorization', suggested_auth: 'oauth_per_user', authorization })
  expect(toldOf(manual).todo).toMatch(/id and secret/)
  expect(toldOf(probe({ outcome: 'needs_authorization', suggested_auth: 'shared_header' })).todo).toMatch(
    /key/,
  )
  for (const outcome of ['not_mcp', 'unreachable'] as const)
    expect(toldOf(probe({ outcome })).todo).toBeTruthy()
})

test('facts are those that are known', () => {
  expect(factsOf(probe({}))).toEqual([])
  const known = probe({
    server: { name: 'a', version: '2' },
    protocol_versions: ['2025-06-18', '2026-07-28'],
    tools: [{ name: 'x' }],
    has_more_tools: true,
  })
  expect(factsOf(known)).toEqual([
    ['Says it is', 'a 2'],
    ['Speaks', 'MCP 2025-06-18 and 2026-07-28'],
    ['Tools', '1 and more'],
  ])
})
