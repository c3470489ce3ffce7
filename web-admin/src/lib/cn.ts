import { type ClassValue, clsx } from 'clsx'
import { twMerge } from 'tailwind-merge'

/** Class names, where later ones win over earlier ones of the same kind. */
export const cn = (...classes: ClassValue[]): string => twMerge(clsx(classes))
