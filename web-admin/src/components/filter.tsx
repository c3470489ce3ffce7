//! A filter above a list: one of a few, or all. Kept in the address by whoever uses it.

import { Select } from './ui/field'

type FilterProps<T extends string> = {
  label: string
  value: T | undefined
  /** What no filter is called, such as “Any status”. */
  all: string
  options: readonly { value: T; label: string }[]
  onChange: (value: T | undefined) => void
}

export function Filter<T extends string>({ label, value, all, options, onChange }: FilterProps<T>) {
  return (
    <Select
      aria-label={label}
      value={value ?? ''}
      onChange={event => onChange(options.find(option => option.value === event.target.value)?.value)}
      className="w-auto min-w-36 max-w-56 max-md:min-w-28"
    >
      <option value="">{all}</option>
      {options.map(option => (
        <option key={option.value} value={option.value}>
          {option.label}
        </option>
      ))}
    </Select>
  )
}
