import { Confirm } from './confirm'
import { toast } from './ui/toast'

type DisconnectAccountProps = {
  open: boolean
  onOpenChange: (open: boolean) => void
  /** Of the server that the account is for. */
  name: string
  onDisconnect: () => Promise<unknown>
}

/** Asks before one's own account at a server is forgotten. */
export const DisconnectAccount = ({ open, onOpenChange, name, onDisconnect }: DisconnectAccountProps) => (
  <Confirm
    open={open}
    onOpenChange={onOpenChange}
    title={`Disconnect your account at ${name}?`}
    action="Disconnect"
    consequences={
      <ul>
        <li>Portway forgets your credential, and revokes it at the provider where it can.</li>
        <li>Your calls to {name} are refused until you connect again.</li>
      </ul>
    }
    onConfirm={async () => {
      await onDisconnect()
      toast.done(`Your account at ${name} is disconnected`)
    }}
  />
)
