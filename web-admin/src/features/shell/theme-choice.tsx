import { Monitor, Moon, Sun } from 'lucide-react'
import { useState } from 'react'
import { MenuChoice, MenuLabel } from '@/components/ui/menu'
import { setTheme, type Theme, theme } from '@/lib/theme'

const OPTIONS = [
  { value: 'system', label: 'As the system', icon: <Monitor /> },
  { value: 'light', label: 'Light', icon: <Sun /> },
  { value: 'dark', label: 'Dark', icon: <Moon /> },
] as const

/** A part of a menu. */
export function ThemeChoice() {
  const [chosen, setChosen] = useState<Theme>(theme)
  return (
    <>
      <MenuLabel>Theme</MenuLabel>
      <MenuChoice
        value={chosen}
        options={OPTIONS}
        onChange={value => {
          setTheme(value)
          setChosen(value)
        }}
      />
    </>
  )
}
