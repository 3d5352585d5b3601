/** Converts the next bytes of a file; `isLast` for the end of it, which may be empty. */
export type ToUtf8 = (bytes: Buffer, isLast: boolean) => Buffer

/**
 * Chooses how a file becomes UTF-8 by its beginning (three bytes, or all there are), as ripgrep does: a byte order mark is
 * removed, UTF-16 with one is converted, and everything else stays as it is. All text of a searched tree is read this way.
 */
export function utf8Converter(beginning: Buffer): ToUtf8 {
  const encoding = utf16Of(beginning)
  if (encoding !== undefined) {
    const decoder = new TextDecoder(encoding)
    return (bytes, isLast) => Buffer.from(decoder.decode(bytes, { stream: !isLast }))
  }
  let markBytes = beginning[0] === 0xef && beginning[1] === 0xbb && beginning[2] === 0xbf ? 3 : 0
  return (bytes) => {
    const rest = bytes.subarray(markBytes)
    markBytes = 0
    return rest
  }
}

/** A whole file's bytes as UTF-8; see {@link utf8Converter}. */
export function toUtf8(bytes: Buffer): Buffer {
  return utf8Converter(bytes)(bytes, true)
}

function utf16Of(beginning: Buffer): 'utf-16be' | 'utf-16le' | undefined {
  if (beginning[0] === 0xff && beginning[1] === 0xfe) return 'utf-16le'
  return beginning[0] === 0xfe && beginning[1] === 0xff ? 'utf-16be' : undefined
}
