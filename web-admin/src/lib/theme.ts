//! Light, dark, or as the system has it. Kept in a cookie, so that the control plane writes it into the page and
//! nothing flashes; without the control plane (the development server) it is applied here.

const COOKIE = 'portway-theme'

export type Theme = 'system' | 'light' | 'dark'

export function theme(): Theme {
  const found = document.cookie.match(/(?:^|; )portway-theme=(light|dark)/)?.[1]
  return (found as Theme | undefined) ?? 'system'
}

export function setTheme(theme: Theme): void {
  const age = theme === 'system' ? 0 : 31_536_000
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not everywhere yet, and this is no secret
  document.cookie = `${COOKIE}=${theme}; Path=/; SameSite=Lax; Max-Age=${age}`
  applyTheme()
}

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme()
}
