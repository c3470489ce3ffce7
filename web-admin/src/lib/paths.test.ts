import type { LinkProps } from '@tanstack/react-router'
import { expect, test } from 'vitest'
import { router } from '@/router'
import { pages, paths } from './paths'

test('addresses inside the console', () => {
  const address = (link: LinkProps) => router.buildLocation(link as never).href
  expect({
    servers: address(paths.servers('acme')),
    server: address(paths.server('acme', 'srv_1')),
    people: address(paths.people('acme')),
    user: address(paths.user('acme', 'usr_1')),
    invitations: address(paths.invitations('acme')),
    groups: address(paths.groups('acme')),
    group: address(paths.group('acme', 'grp_1')),
    serviceAccounts: address(paths.serviceAccounts('acme')),
    serviceAccount: address(paths.serviceAccount('acme', 'sac_1')),
    identity: address(paths.identity('acme')),
    newIdentityProvider: address(paths.newIdentityProvider('acme')),
    identityProvider: address(paths.identityProvider('acme', 'idp_1')),
    provisioning: address(paths.provisioning('acme')),
    domains: address(paths.domains('acme')),
    scim: address(paths.scim('acme')),
  }).toMatchInlineSnapshot(`
    {
      "domains": "/console/acme/identity/domains",
      "group": "/console/acme/people/groups/grp_1",
      "groups": "/console/acme/people/groups",
      "identity": "/console/acme/identity",
      "identityProvider": "/console/acme/identity/providers/idp_1",
      "invitations": "/console/acme/people/invitations",
      "newIdentityProvider": "/console/acme/identity/providers/new",
      "people": "/console/acme/people",
      "provisioning": "/console/acme/identity/provisioning",
      "scim": "/console/acme/identity/scim",
      "server": "/console/acme/servers/srv_1",
      "servers": "/console/acme/servers",
      "serviceAccount": "/console/acme/people/service-accounts/sac_1",
      "serviceAccounts": "/console/acme/people/service-accounts",
      "user": "/console/acme/people/users/usr_1",
    }
  `)
})

test('pages of the control plane', () => {
  expect(pages.home('acme')).toBe('/t/acme/')
  expect(pages.connect('acme', 'github')).toBe('/t/acme/connect/github')
  expect(pages.signIn('acme', '/console/acme/servers?q=git')).toBe('/t/acme/login?console=servers%3Fq%3Dgit')
  expect(pages.signIn('acme', '/console/other/servers')).toBe('/t/acme/login?console=')
})
