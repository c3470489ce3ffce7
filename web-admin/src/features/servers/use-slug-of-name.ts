//! While somebody types the name of a new server, its slug follows, until they type one.

import { useEffect } from 'react'
import type { Path, PathValue, UseFormReturn } from 'react-hook-form'
import { slugOf } from '@/lib/slug'

export function useSlugOfName<T extends { display_name: string; slug: string }>(form: UseFormReturn<T>) {
  const [slug, display_name] = ['slug' as Path<T>, 'display_name' as Path<T>]
  const name = form.watch(display_name) as string
  useEffect(() => {
    const { isDirty, isTouched } = form.getFieldState(slug)
    // By a preset or a document.
    const isFilledIn = form.formState.defaultValues?.slug !== ''
    const none = '' as PathValue<T, Path<T>>
    if (!isDirty && !isFilledIn) form.resetField(slug, { defaultValue: none })
    if (!isTouched && !isFilledIn) form.setValue(slug, slugOf(name) as PathValue<T, Path<T>>)
  }, [form, name, slug])
}
