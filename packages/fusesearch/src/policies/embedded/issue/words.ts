/** Common English words that don't tell where code must change. */
const STOP_WORDS = new Set(
  `a about above actual actually after again all allowed also although always am an and another any anyone anything appear appears are around as ask at
  attempt back be because been before behave being believe below besides better between both bugs but by came can cannot caused causes causing certain
  clearly come comes correctly could couldn couple currently described did didn directly do does doesn doing don due during e each easily either else
  enough especially etc even ever every everything exactly expected expects explain fact far few fine fixes follows for found four from fully further g
  getting given gives going good got great had happen happened happening happens has hasn have haven having hence her here hi hello his hope how however
  i idea if implementation implemented in inside instead into is isn it its itself just keep know known least less let like likely long looking looks
  lot mainly makes making many may maybe me mean means mentioned might more most much must my near needed needs never no nor not nothing now observed
  obvious of often ok once one only onto or other others otherwise our particular perhaps please possible possibly potential pr previously probably
  problems produced produces properly proposed provided quite raising rather re real really recently related reporting reproduce reproduced reproducible
  reproduction resulting returning s said same say saying says seem seems seen shall she should shouldn showing simply since small so some someone
  something sometimes soon specifically suggestion sure t taken takes than thank thanks that the their them then there therefore these they thing things
  think this those though three through thrown thus to together too traceback tried tries trying two unexpected unfortunately unless until upon us usage
  useful uses usually v very wanted was wasn we well went were what when where whether which while who whole whose why will wish with within without won
  workaround worked would wouldn x y yes yet you your com https http www org latest bit bug get gets give go issue issues little look made make need new
  next none off on out over own per return see self sense several still such u under up use used using ve via want way true false null undefined def
  class import print`.split(/\s+/),
)

/**
 * The vocabulary of bug reports. Any of these can be what an issue is about ("the release job", "a comment"), so they are
 * weak terms: the repository decides by how many files hold them.
 */
const REPORT_WORDS = new Set(
  `allow behavior behaviour call called calling calls case cases cause change changed changes check clear code comment comments correct current day
  describe description different docs documentation done down end error errors exact example examples except exception exceptions expect fail failed
  failing fails failure feature file files find first fix fixed following full hand help implement kind last lead leads line lines mention message
  minimal name note number old original output part patch people point present prevent previous problem produce proper propose provide pull put question
  raise raised raises reason recent release report reported request require required result results returned returns right run running runs second set
  show shown shows similar simple situation solution sort specific stack start started state step steps stop suggest system take tested testing tests
  test throw throws time trigger try understand update updated user users valid value values version versions work working works wrong python java
  javascript typescript github install installed pip linux windows macos ubuntu`.split(/\s+/),
)

/** True for a lower-case word that isn't worth a search. */
export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word)
}

/** True for a lower-case word that occurs in nearly every report. */
export function isReportWord(word: string): boolean {
  return REPORT_WORDS.has(word)
}

const SUFFIXES = [
  'ization',
  'isation',
  'ations',
  'ation',
  'ities',
  'ingly',
  'ments',
  'ment',
  'ness',
  'able',
  'ible',
  'ing',
  'ies',
  'ity',
  'ions',
  'ion',
  'ers',
  'ed',
  'er',
  'es',
  'ly',
  's',
  'e',
]

/** What every suffix ends with. */
const SUFFIX_ENDS: ReadonlySet<string> = new Set(SUFFIXES.map((suffix) => suffix.slice(-1)))
const MIN_STEM = 4

/** A light stem: one suffix off, never below four letters. Meant for matching, not for reading. */
export function stem(word: string): string {
  if (word.length <= MIN_STEM) return word
  if (!isAscii(word)) return stemOfOtherScript(word)
  // A search stems thousands of words before this code is optimized.
  if (!SUFFIX_ENDS.has(word.charAt(word.length - 1))) return word
  for (const suffix of SUFFIXES) {
    if (word.length - suffix.length >= MIN_STEM && word.endsWith(suffix)) return word.slice(0, -suffix.length)
  }
  return word
}

/** Endings of inflected languages are short; words of Chinese, Japanese and Korean are matched as they are. */
function stemOfOtherScript(word: string): string {
  if (isIdeographic(word)) return word
  return word.length > 6 ? word.slice(0, -2) : word.length > 4 ? word.slice(0, -1) : word
}

/** Splits an identifier at underscores, digits' borders and camel humps, lower-cased: `parseHTTPUrl2` gives parse, http, url. */
export function splitIdentifier(identifier: string): readonly string[] {
  // Most names, and quick where the expressions below would look for humps.
  if (/^[a-z]*$/.test(identifier)) return identifier.length > 1 ? [identifier] : NO_WORDS
  if (!isAscii(identifier)) {
    return identifier
      .replace(/(\p{Ll})(\p{Lu})/gu, '$1 $2')
      .toLowerCase()
      .split(/[^\p{L}]+/u)
      .filter((part) => part.length > 1)
  }
  return apart(identifier)
    .split(/[^a-z]+/)
    .filter((part) => part.length > 1)
}

/** In small letters, with a blank between humps. */
function apart(identifier: string): string {
  if (!/[A-Z]/.test(identifier)) return identifier
  return identifier
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
}

/** Words of letters with digits, lower-cased: `put_S3_object` gives s3, `i18nKey` gives i18n. Plain numbers are none. */
export function wordsWithDigits(identifier: string): readonly string[] {
  if (!/\d/.test(identifier)) return NO_WORDS
  const found = identifier.match(/(?:[A-Z]+|[A-Z]?[a-z]+)\d+(?:[a-z]{1,3}(?![a-z])|[A-Z](?![a-z]))?/g) ?? []
  return found.filter((word) => word.length >= 2 && word.length <= 12).map((word) => word.toLowerCase())
}

const NO_WORDS: readonly string[] = []

export function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text)
}

/** Scripts without blanks between words. */
export function isIdeographic(text: string): boolean {
  return /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Thai}]/u.test(text)
}
