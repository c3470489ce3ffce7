//! What every server is called, with a URL or members: in the form that makes it and the one that edits it.

import { useWatch } from 'react-hook-form'
import { TextField } from '@/components/form'
import { TokenField } from '@/components/token-field'
import { useTagOptions } from '@/lib/options'
import { slugOf } from '@/lib/slug'

export type NameFieldsProps = {
  /** Of what is registered it is fixed; else everything in the URL before the slug, and after, if that is known. */
  slug: 'fixed' | { around: [before: string, after: string] | undefined }
  placeholder: string
  autoFocus?: boolean
}

export function NameFields({ slug, placeholder, autoFocus = false }: NameFieldsProps) {
  return (
    <>
      <div className="grid gap-5 sm:grid-cols-2 sm:gap-4">
        <TextField
          name="display_name"
          label="Name"
          placeholder={placeholder}
          autoFocus={autoFocus}
          rule={required('Give it a name that people know')}
        />
        {slug === 'fixed' ? (
          <TextField name="slug" label="Slug" readOnly code hint="A part of the URL: it never changes." />
        ) : (
          <SlugField around={slug.around} placeholder={slugOf(placeholder)} />
        )}
      </div>
      <TextField name="description" label="Description" optional placeholder="What people use it for." />
      <TokenField
        name="tags"
        label="Tags"
        hint="Words to find it by, such as a team or prod: lower-case letters, digits and hyphens, at most 10."
        none="No tags"
        add="Add a tag"
        free
        useOptions={useTagOptions}
      />
    </>
  )
}

export const required = (why: string) => (text: string) => (text.trim() === '' ? why : undefined)

type SlugFieldProps = { around: [string, string] | undefined; placeholder: string }

function SlugField({ around, placeholder }: SlugFieldProps) {
  const slug = useWatch<{ slug: string }, 'slug'>({ name: 'slug' })
  return (
    <TextField
      name="slug"
      label="Slug"
      code
      placeholder={placeholder}
      rule={slugRule}
      hint={
        around && (
          <span className="break-all">
            Its URL, for ever: {around[0]}
            <strong className="font-medium text-text">{slug || '…'}</strong>
            {around[1]}
          </span>
        )
      }
    />
  )
}

function slugRule(text: string): string | undefined {
  if (text.trim() === '') return 'It needs one'
  return slugOf(text) === text.trim() && text.trim().length >= 2
    ? undefined
    : 'Lower-case letters, digits and single hyphens, 2 to 40, a letter first'
}
