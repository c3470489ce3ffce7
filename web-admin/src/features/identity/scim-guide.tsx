//! How SCIM is set up at the provider, step by step, in the words of its own console.

import type { ReactNode } from 'react'
import { Section, SectionBody } from '@/components/section'
import { cn } from '@/lib/cn'

type Guide = 'okta' | 'entra'

const NAMES: Record<Guide, string> = { okta: 'Okta', entra: 'Microsoft Entra ID' }

type ScimGuideProps = { guide: Guide; onChange: (guide: Guide) => void }

export function ScimGuide({ guide, onChange }: ScimGuideProps) {
  return (
    <Section title="How to set it up" description="Make a token first: you enter it there.">
      <SectionBody>
        <fieldset className="mb-4 inline-flex rounded-lg border border-line p-0.5" aria-label="Provider">
          {(Object.keys(NAMES) as Guide[]).map(one => (
            <button
              key={one}
              type="button"
              aria-pressed={one === guide}
              onClick={() => onChange(one)}
              className={cn(
                'h-8 rounded-md px-3 text-[0.8125rem] max-md:h-10',
                one === guide ? 'bg-hover font-medium' : 'text-quiet hover:text-text',
              )}
            >
              {NAMES[one]}
            </button>
          ))}
        </fieldset>
        <ol className="list-decimal space-y-3 pl-5 marker:text-quiet">
          {STEPS[guide].map(({ title, text }) => (
            <li key={title} className="pl-1">
              <p className="font-medium">{title}</p>
              <div className="mt-0.5 space-y-1 text-quiet">{text}</div>
            </li>
          ))}
        </ol>
      </SectionBody>
    </Section>
  )
}

const There = ({ children }: { children: ReactNode }) => <b className="font-medium text-text">{children}</b>

const STEPS: Record<Guide, { title: string; text: ReactNode }[]> = {
  okta: [
    {
      title: 'Switch provisioning on',
      text: (
        <p>
          In the application: <There>General → App Settings → Provisioning: SCIM</There>.
        </p>
      ),
    },
    {
      title: 'Enter the connection',
      text: (
        <>
          <p>
            <There>Provisioning → Integration</There>: <There>SCIM connector base URL</There> is the base URL
            above; <There>Unique identifier field for users</There> is{' '}
            <code className="font-mono text-xs">userName</code>.
          </p>
          <p>
            Check <There>Push New Users</There>, <There>Push Profile Updates</There>,{' '}
            <There>Push Groups</There>. <There>Authentication mode</There> is <There>HTTP Header</There>, with
            the token in <There>Authorization</There>.
          </p>
        </>
      ),
    },
    {
      title: 'Test Connector Configuration',
      text: <p>It reads users and groups with the token. You see its requests on this page.</p>,
    },
    {
      title: 'Say what is pushed',
      text: (
        <p>
          <There>Provisioning → To App</There>: switch on <There>Create Users</There>,{' '}
          <There>Update User Attributes</There>, <There>Deactivate Users</There>. The standard mapping fits.
        </p>
      ),
    },
    {
      title: 'Assign',
      text: (
        <p>
          <There>Assignments</There>: people or groups. <There>Push Groups</There>: the groups that servers
          are granted to. Unassigning locks a person out; Okta never deletes people.
        </p>
      ),
    },
  ],
  entra: [
    {
      title: 'Make an application',
      text: (
        <p>
          <There>Enterprise applications → New application → Create your own</There> (non-gallery).
        </p>
      ),
    },
    {
      title: 'Enter the connection',
      text: (
        <p>
          <There>Provisioning → Automatic</There>: <There>Tenant URL</There> is the base URL above,{' '}
          <There>Secret token</There> is the token. <There>Test Connection</There> asks for somebody who does
          not exist: you see it on this page.
        </p>
      ),
    },
    {
      title: 'Correct one mapping',
      text: (
        <p>
          <There>Mappings</There>: set <code className="font-mono text-xs">externalId</code> of users to{' '}
          <code className="font-mono text-xs">objectId</code> (it is{' '}
          <code className="font-mono text-xs">mailNickname</code> at first): a first sign-in through Entra is
          recognised by it. Keep the others.
        </p>
      ),
    },
    {
      title: 'Assign and start',
      text: (
        <p>
          <There>Users and groups</There>: assign. <There>Start provisioning</There>: Entra runs every 20 to
          40 minutes; <There>Provision on demand</There> shows one person at once. Unassigning locks a person
          out.
        </p>
      ),
    },
  ],
}
