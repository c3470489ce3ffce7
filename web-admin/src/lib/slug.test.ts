import { expect, test } from 'vitest'
import { slugOf } from './slug'

test('names and the slugs that they suggest', () => {
  const check = (name: string, slug: string) => expect(slugOf(name), name).toBe(slug)
  check('GitHub', 'github')
  check('Jira & Confluence', 'jira-confluence')
  check('  Société Générale & Co. ', 'societe-generale-co')
  check('1Password', 'password')
  check('日本', '')
  check('x'.repeat(50), 'x'.repeat(40))
  check(`${'x'.repeat(39)} y`, 'x'.repeat(39))
})
