import { Check } from 'lucide-react'
import { DropdownMenu as Radix } from 'radix-ui'
import type { ComponentProps, ReactNode } from 'react'
import type { May } from '@/lib/can'
import { cn } from '@/lib/cn'

const item =
  'flex min-h-8 select-none items-center gap-2.5 rounded-md px-2.5 py-1 outline-none data-[highlighted]:bg-hover data-[disabled]:opacity-50 max-md:min-h-10 [&_svg]:size-4 [&_svg]:text-quiet'

export function Menu({ trigger, children }: { trigger: ReactNode; children: ReactNode }) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          className="z-50 min-w-52 animate-appear rounded-lg border border-line bg-raised p-1 shadow-float"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

type MenuItemProps = ComponentProps<typeof Radix.Item> & { may?: May; danger?: boolean }

export function MenuItem({ className, may, danger, children, ...rest }: MenuItemProps) {
  const refused = may && !may.yes ? may.why : undefined
  return (
    <Radix.Item
      className={cn(item, danger && 'text-alert-text [&_svg]:text-current', className)}
      {...rest}
      disabled={rest.disabled || refused !== undefined}
    >
      {refused ? (
        <span className="flex flex-col">
          {children}
          <span className="text-quiet text-xs">{refused}</span>
        </span>
      ) : (
        children
      )}
    </Radix.Item>
  )
}

export const MenuLine = () => <Radix.Separator className="my-1 h-px bg-line" />

export const MenuLabel = ({ children }: { children: ReactNode }) => (
  <Radix.Label className="px-2.5 pt-1.5 pb-1 text-quiet text-xs">{children}</Radix.Label>
)

/** One of several, such as the theme. */
export function MenuChoice<T extends string>(props: {
  value: T
  onChange: (value: T) => void
  options: readonly { value: T; label: string; icon?: ReactNode }[]
}) {
  return (
    <Radix.RadioGroup value={props.value} onValueChange={value => props.onChange(value as T)}>
      {props.options.map(option => (
        <Radix.RadioItem
          key={option.value}
          value={option.value}
          className={item}
          onSelect={event => event.preventDefault()}
        >
          {option.icon}
          {option.label}
          <Radix.ItemIndicator className="ml-auto">
            <Check />
          </Radix.ItemIndicator>
        </Radix.RadioItem>
      ))}
    </Radix.RadioGroup>
  )
}
