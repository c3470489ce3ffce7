//! The form that makes and edits a virtual server: what it is called, and its members.

import type { ReactNode } from 'react'
import type { UseFormReturn } from 'react-hook-form'
import { Form } from '@/components/form'
import { Card } from '@/components/ui/card'
import { ApiError } from '@/lib/problem'
import { BundleEditor } from './bundle-editor'
import { type MemberDraft, mistakesOf } from './bundle-values'
import { NameFields, type NameFieldsProps } from './name-fields'
import { type VirtualValues, virtualField } from './virtual-values'

type VirtualFormProps = {
  form: UseFormReturn<VirtualValues>
  onSubmit: (values: VirtualValues) => Promise<unknown>
  actions: (state: { busy: boolean }) => ReactNode
  slug: NameFieldsProps['slug']
  /** Below the members. */
  children?: ReactNode
}

export function VirtualForm({ form, onSubmit, actions, slug, children }: VirtualFormProps) {
  return (
    <Form
      {...{ form, onSubmit, actions }}
      fieldOf={virtualField}
      fieldOfCode={{ 'server.slug_taken': 'slug' }}
    >
      <Card className="space-y-5 p-5">
        <NameFields slug={slug} placeholder="Engineering" autoFocus={slug !== 'fixed'} />
      </Card>
      <BundleEditor />
      {children}
    </Form>
  )
}

/** Throws what the API would refuse anyhow, as it would: the form puts it beside the fields. */
export function checked(members: readonly MemberDraft[]) {
  const errors = mistakesOf(members)
  if (errors.length === 0) return
  throw new ApiError(400, { code: 'invalid', detail: 'Some fields need correction.', errors })
}
