const CASED = /\p{Changes_When_Casemapped}/u
/** All letters with several cases lie below this code point. */
const END_OF_CASED = 0x1f000

let cased: string | undefined

/** Characters that match a character when case is ignored, itself included, by simple case folding as in ripgrep. */
export function foldsOf(character: string): readonly string[] {
  if (!CASED.test(character)) return [character]
  cased ??= Array.from({ length: END_OF_CASED }, (_, code) => String.fromCodePoint(code))
    .filter((one) => CASED.test(one))
    .join('')
  return cased.match(new RegExp(character, 'giu')) ?? [character]
}
