/** Longest name that is compared letter by letter; the comparison takes as many steps as both lengths multiplied. */
const MAX_COMPARED = 80
/** Letters that may differ: one in four, but not more than this. */
const MAX_DISTANCE = 3

/** `parseHTTPReply_v2` → parse, http, reply, v2. */
export function subWords(name: string): readonly string[] {
  const words = name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+\d*|\d+/g) ?? []
  return words.map((word) => word.toLowerCase())
}

/** A name that was looked for, split once. */
export interface WantedName {
  readonly name: string
  readonly lower: string
  readonly parts: ReadonlySet<string>
}

/** Splits a name for {@link closenessOf}. */
export function wantedName(name: string): WantedName {
  return { name, lower: name.toLowerCase(), parts: new Set(subWords(name)) }
}

/** How near a name comes to the wanted one, from 0 to 1: by sub-words in common, or by letters where few differ. */
export function closenessOf(wanted: WantedName, name: string): number {
  const own = new Set(subWords(name))
  let common = 0
  for (const part of own) if (wanted.parts.has(part)) common += 1
  const shared = common / Math.max(1, own.size + wanted.parts.size - common)
  return Math.max(shared, letterCloseness(wanted.lower, name.toLowerCase()))
}

/** 1 for equal texts, 0 if more letters differ than a typing error explains. */
export function letterCloseness(wanted: string, name: string): number {
  if (wanted === name) return 1
  const allowed = Math.min(MAX_DISTANCE, Math.floor(wanted.length / 4))
  if (allowed === 0 || Math.abs(wanted.length - name.length) > allowed || wanted.length > MAX_COMPARED) return 0
  // Each letter of the one that the other lacks takes an edit: most names are told by that alone.
  const [own, other] = [letterSet(wanted), letterSet(name)]
  if (Math.max(bitCount(own & ~other), bitCount(other & ~own)) > allowed) return 0
  const distance = editDistance(wanted, name, allowed)
  return distance > allowed ? 0 : 1 - distance / wanted.length
}

/** A bit for each letter; letters 32 apart share one. */
function letterSet(text: string): number {
  let set = 0
  for (let at = 0; at < text.length; at++) set |= 1 << (text.charCodeAt(at) & 31)
  return set
}

function bitCount(set: number): number {
  let count = 0
  for (let left = set; left !== 0; left &= left - 1) count += 1
  return count
}

/** Levenshtein distance; anything above `most` where it is larger than that. */
export function editDistance(a: string, b: string, most = Number.POSITIVE_INFINITY): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    let least = row
    for (let column = 1; column <= b.length; column++) {
      const change = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1)
      const cost = Math.min(change, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1)
      current.push(cost)
      least = Math.min(least, cost)
    }
    if (least > most) return least
    previous = current
  }
  return previous[b.length] ?? 0
}
