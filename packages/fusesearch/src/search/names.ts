const NEEDS_ESCAPE = /[^\x20-\x7e]/
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The name by which a path is shown: its UTF-8 text.
 * Bytes that aren't UTF-8 and control characters become `\xNN`, and a backslash then becomes `\\`, so that every path is
 * one line of valid text.
 */
export function shownPath(latin1: string): string {
  if (!NEEDS_ESCAPE.test(latin1)) return latin1
  const bytes = Buffer.from(latin1, 'latin1')
  const text = decodeStrictly(bytes)
  return text === undefined || hasControl(text) ? escapeBytes(bytes) : text
}

function decodeStrictly(bytes: Buffer): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    // Not UTF-8: shown by its bytes.
    return undefined
  }
}

function hasControl(text: string): boolean {
  return /[\p{Cc}\u2028\u2029]/u.test(text)
}

function escapeBytes(bytes: Buffer): string {
  let shown = ''
  for (const byte of bytes) {
    if (byte === 0x5c) shown += '\\\\'
    else if (byte < 0x20 || byte > 0x7e) shown += `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
    else shown += String.fromCharCode(byte)
  }
  return shown
}

const BEYOND_ASCII = /[^\0-\x7f]/

/** The key of a path: one character per byte of its UTF-8, as ripgrep prints it. */
export function keyOfPath(path: string): string {
  return BEYOND_ASCII.test(path) ? Buffer.from(path).toString('latin1') : path
}
