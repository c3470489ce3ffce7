//! Files within answers: what they are called, and their bytes. Pure.

/** What browsers show without running anything, and what to call a file of it. */
const FILES: Record<string, { words: string; ending: string }> = {
  'image/png': { words: 'A picture (PNG)', ending: 'png' },
  'image/jpeg': { words: 'A picture (JPEG)', ending: 'jpg' },
  'image/gif': { words: 'A picture (GIF)', ending: 'gif' },
  'image/webp': { words: 'A picture (WebP)', ending: 'webp' },
  'audio/mpeg': { words: 'A sound (MP3)', ending: 'mp3' },
  'audio/wav': { words: 'A sound (WAV)', ending: 'wav' },
  'audio/ogg': { words: 'A sound (Ogg)', ending: 'ogg' },
  'application/pdf': { words: 'A document (PDF)', ending: 'pdf' },
}

const known = (type: string | undefined) => {
  const plain = type?.toLowerCase().split(';')[0]?.trim() ?? ''
  return Object.hasOwn(FILES, plain) ? FILES[plain] : undefined
}

export const fileWords = (type: string | undefined): string =>
  known(type)?.words ?? (type ? `A file (${type.slice(0, 80)})` : 'A file of an unnamed kind')

/** The bytes as a file to save. Its type is never what the server says, so that no browser opens it as a page. */
export function fileOf(base64: string, type: string | undefined): { name: string; blob: Blob } | undefined {
  try {
    const bytes = Uint8Array.from(atob(base64.replaceAll(/\s/g, '')), letter => letter.charCodeAt(0))
    const blob = new Blob([bytes], { type: 'application/octet-stream' })
    return { name: `answer.${known(type)?.ending ?? 'bin'}`, blob }
  } catch {
    return undefined
  }
}

export const isWebAddress = (uri: string): boolean => /^https?:\/\//i.test(uri) && URL.canParse(uri)
