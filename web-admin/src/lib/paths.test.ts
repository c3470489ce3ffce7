import type { LinkProps } from '@tanstack/react-router'
import { expect, test } from 'vitest'
import { router } from '@/router'
import { afterSignIn, files, operations, operatorSignIn, pages, paths } from './paths'

test('addresses inside the console', () => {
  const address = (link: LinkProps) => router.buildLocation(link as never).href
  expect({
    audit: address(paths.audit('acme')),
    call: address(paths.call('acme', 'cal_1')),
    calls: address(paths.calls('acme')),
    clients: address(paths.clients('acme')),
    domains: address(paths.domains('acme')),
    group: address(paths.group('acme', 'grp_1')),
    groups: address(paths.groups('acme')),
    identity: address(paths.identity('acme')),
    identityProvider: address(paths.identityProvider('acme', 'idp_1')),
    invitations: address(paths.invitations('acme')),
    limit: address(paths.limit('acme', 'lim_1')),
    limits: address(paths.limits('acme')),
    me: address(paths.me('acme')),
    myKeys: address(paths.myKeys('acme')),
    mySessions: address(paths.mySessions('acme')),
    newIdentityProvider: address(paths.newIdentityProvider('acme')),
    newLimit: address(paths.newLimit('acme')),
    newVirtualServer: address(paths.newVirtualServer('acme')),
    people: address(paths.people('acme')),
    provisioning: address(paths.provisioning('acme')),
    scim: address(paths.scim('acme')),
    server: address(paths.server('acme', 'srv_1')),
    serverAuthentication: address(paths.serverAuthentication('acme', 'srv_1')),
    serverCalls: address(paths.serverCalls('acme', 'srv_1')),
    serverLimits: address(paths.serverLimits('acme', 'srv_1')),
    servers: address(paths.servers('acme')),
    serverUsage: address(paths.serverUsage('acme', 'srv_1')),
    serviceAccount: address(paths.serviceAccount('acme', 'sac_1')),
    serviceAccounts: address(paths.serviceAccounts('acme')),
    settings: address(paths.settings('acme')),
    usage: address(paths.usage('acme')),
    user: address(paths.user('acme', 'usr_1')),
  }).toMatchInlineSnapshot(`
    {
      "audit": "/console/acme/activity/audit",
      "call": "/console/acme/activity/calls/cal_1",
      "calls": "/console/acme/activity",
      "clients": "/console/acme/settings/clients",
      "domains": "/console/acme/identity/domains",
      "group": "/console/acme/people/groups/grp_1",
      "groups": "/console/acme/people/groups",
      "identity": "/console/acme/identity",
      "identityProvider": "/console/acme/identity/providers/idp_1",
      "invitations": "/console/acme/people/invitations",
      "limit": "/console/acme/limits/lim_1",
      "limits": "/console/acme/limits",
      "me": "/console/acme/me",
      "myKeys": "/console/acme/me/keys",
      "mySessions": "/console/acme/me/sessions",
      "newIdentityProvider": "/console/acme/identity/providers/new",
      "newLimit": "/console/acme/limits/new",
      "newVirtualServer": "/console/acme/servers/new-virtual",
      "people": "/console/acme/people",
      "provisioning": "/console/acme/identity/provisioning",
      "scim": "/console/acme/identity/scim",
      "server": "/console/acme/servers/srv_1",
      "serverAuthentication": "/console/acme/servers/srv_1/authentication",
      "serverCalls": "/console/acme/servers/srv_1/activity",
      "serverLimits": "/console/acme/servers/srv_1/limits",
      "serverUsage": "/console/acme/servers/srv_1/activity/usage",
      "servers": "/console/acme/servers",
      "serviceAccount": "/console/acme/people/service-accounts/sac_1",
      "serviceAccounts": "/console/acme/people/service-accounts",
      "settings": "/console/acme/settings",
      "usage": "/console/acme/activity/usage",
      "user": "/console/acme/people/users/usr_1",
    }
  `)
})

test('addresses of operators', () => {
  const address = (link: LinkProps) => router.buildLocation(link as never).href
  expect([
    address(operations.tenants()),
    address(operations.tenant('acme')),
    address(operations.nodes()),
    address(operations.node('nod_1')),
    address(operations.keys()),
  ]).toEqual([
    '/console/system/tenants',
    '/console/system/tenants/acme',
    '/console/system/nodes',
    '/console/system/nodes/nod_1',
    '/console/system/keys',
  ])
  expect(operatorSignIn('/console/system/tenants?q=a')).toBe('/console/system/sign-in?to=tenants%3Fq%3Da')
  expect(operatorSignIn('/console/acme/servers')).toBe('/console/system/sign-in')
  const check = (to: string | undefined, place: string) => expect(afterSignIn(to)).toBe(place)
  check('nodes/nod_1', '/console/system/nodes/nod_1')
  check(undefined, '/console/system/tenants')
  check('sign-in?to=sign-in', '/console/system/tenants')
  check('../acme/servers', '/console/system/tenants')
  check('//evil.example', '/console/system///evil.example')
})

test('files and streams of the API', () => {
  expect(files.calls('acme', 'csv', { tool: 'search & find', server: undefined })).toBe(
    '/api/v1/tenants/acme/calls/export?tool=search+%26+find&format=csv',
  )
  expect(files.tail('acme')).toBe('/api/v1/tenants/acme/calls/tail')
  expect(files.audit('acme', { from: '2026-11-01T00:00:00.000Z' })).toBe(
    '/api/v1/tenants/acme/audit/export?from=2026-11-01T00%3A00%3A00.000Z',
  )
})

test('pages of the control plane', () => {
  expect(pages.home('acme')).toBe('/t/acme/')
  expect(pages.connect('acme', 'github')).toBe('/t/acme/connect/github')
  expect(pages.signIn('acme', '/console/acme/servers?q=git')).toBe('/t/acme/login?console=servers%3Fq%3Dgit')
  expect(pages.signIn('acme', '/console/other/servers')).toBe('/t/acme/login?console=')
})
