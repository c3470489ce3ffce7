//! What is asked before a person is changed.

import { useForm } from 'react-hook-form'
import type { TenantRole, User } from '@/api/types'
import { Confirm } from '@/components/confirm'
import { RadioCards, SwitchField, TextField } from '@/components/form'
import { FormDialog } from '@/components/form-dialog'
import { toast } from '@/components/ui/toast'
import { useSession } from '@/lib/session'
import { useUserActions } from './actions'
import { endedWords, ROLE_WORDS, roleChoices } from './words'

export type UserQuestion =
  | 'rename'
  | 'role'
  | 'signOut'
  | 'deactivate'
  | 'reactivate'
  | 'resetFactor'
  | 'handOver'
  | 'takeBack'

type Props = { person: User; onClose: () => void }

export function UserQuestions({ asked, ...props }: Props & { asked: UserQuestion | undefined }) {
  switch (asked) {
    case undefined:
      return null
    case 'rename':
      return <Rename {...props} />
    case 'role':
      return <ChangeRole {...props} />
    case 'signOut':
      return <SignOut {...props} />
    default:
      return <Ask what={asked} {...props} />
  }
}

type Asking = Exclude<UserQuestion, 'rename' | 'role' | 'signOut'>

function Ask({ what, person, onClose }: Props & { what: Asking }) {
  const { setStatus, resetSecondFactor, handOver, takeBack } = useUserActions(person.id)
  const name = person.display_name
  const questions: Record<Asking, Omit<Parameters<typeof Confirm>[0], 'open' | 'onOpenChange'>> = {
    deactivate: {
      title: `Deactivate ${name}`,
      consequences: (
        <ul>
          <li>Browser sessions, connected clients and API keys end now, on every node within a second.</li>
          <li>Calls that are under way are cut, and nobody signs in as {name}.</li>
          <li>
            Groups, grants and the role stay. After reactivation they sign in anew; what ended stays ended.
          </li>
        </ul>
      ),
      action: 'Deactivate',
      word: person.user_name,
      onConfirm: () => setStatus('deactivated'),
    },
    reactivate: {
      title: `Reactivate ${name}`,
      consequences: (
        <p>
          {name} may sign in again, with the groups and grants they had. API keys and connected clients do not
          come back: they make new ones.
        </p>
      ),
      action: 'Reactivate',
      onConfirm: () => setStatus('active'),
    },
    resetFactor: {
      title: `Reset the second factor of ${name}`,
      consequences: (
        <p>
          The code app and recovery codes that they have stop working. At the next sign-in with their password
          they set up a new one. Make sure that it is them who asks.
        </p>
      ),
      action: 'Reset',
      onConfirm: resetSecondFactor,
    },
    handOver: {
      title: `Hand ${name} over to SCIM`,
      consequences: (
        <ul>
          <li>
            The identity provider finds them by their user name,{' '}
            <b className="break-all">{person.user_name}</b>, and decides about their name and whether they are
            active.
          </li>
          <li>Whoever controls the identity provider controls this account from then on.</li>
        </ul>
      ),
      action: 'Hand over',
      onConfirm: handOver,
    },
    takeBack: {
      title: `Take ${name} back from SCIM`,
      consequences: (
        <p>
          They stay as they are, and are changed here again. The identity provider does not know them any
          more: its next push of the same user name is refused.
        </p>
      ),
      action: 'Take back',
      onConfirm: takeBack,
    },
  }
  const { onConfirm, ...question } = questions[what]
  const act = async () => {
    await onConfirm()
    toast.done(DONE[what](name))
  }
  return <Confirm open onOpenChange={onClose} {...question} onConfirm={act} />
}

const DONE: Record<Asking, (name: string) => string> = {
  deactivate: name => `${name} is deactivated`,
  reactivate: name => `${name} may sign in again`,
  resetFactor: name => `${name} sets up a new second factor`,
  handOver: name => `${name} is handed over`,
  takeBack: name => `${name} is changed here again`,
}

function Rename({ person, onClose }: Props) {
  const { rename } = useUserActions(person.id)
  const form = useForm({ defaultValues: { display_name: person.display_name } })
  return (
    <FormDialog
      title="Change the name"
      form={form}
      onSubmit={async ({ display_name }) => {
        await rename(display_name)
        onClose()
      }}
      onClose={onClose}
      action="Save"
    >
      <TextField
        name="display_name"
        label="Name"
        autoFocus
        hint="What colleagues see. The user name stays."
      />
    </FormDialog>
  )
}

function ChangeRole({ person, onClose }: Props) {
  const { setRole } = useUserActions(person.id)
  const session = useSession()
  const form = useForm<{ role: TenantRole }>({ defaultValues: { role: person.assigned_role } })
  const isByGroup = person.role !== person.assigned_role
  return (
    <FormDialog
      title={`The role of ${person.display_name}`}
      description={
        isByGroup
          ? `A group makes them ${ROLE_WORDS[person.role].label.toLowerCase()}; the highest role counts.`
          : 'It counts at once. A group may give a higher one.'
      }
      form={form}
      onSubmit={async ({ role }) => {
        const { role: effective } = await setRole(role)
        toast.done(`${person.display_name} is ${ROLE_WORDS[effective].label.toLowerCase()}`)
        onClose()
      }}
      onClose={onClose}
      action="Save"
    >
      <RadioCards name="role" label="Given by hand" options={roleChoices(session)} />
    </FormDialog>
  )
}

function SignOut({ person, onClose }: Props) {
  const { signOut } = useUserActions(person.id)
  const form = useForm({ defaultValues: { api_keys: false } })
  return (
    <FormDialog
      title={`Sign ${person.display_name} out everywhere`}
      description="Every browser and every connected client ends now. They stay active, and sign in again."
      form={form}
      onSubmit={async ({ api_keys }) => {
        toast.done(endedWords(await signOut(api_keys)))
        onClose()
      }}
      onClose={onClose}
      action="Sign out everywhere"
    >
      <SwitchField
        name="api_keys"
        label="End the API keys, too"
        hint="For a lost machine. They cannot be brought back: programs that have one need a new one."
      />
    </FormDialog>
  )
}
