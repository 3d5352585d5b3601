/** Words that say nothing about where code must change: plain English and the vocabulary of bug reports. */
const STOP_WORDS = new Set(
  `a about above actual actually after again all allow allowed also although always am an and another any anyone anything appear appears are
  around as ask at attempt back be because been before behave behavior behaviour being believe below besides better between bit both bug bugs but by
  call called calling calls came can cannot case cases cause caused causes causing certain change changed changes check clear clearly code come
  comes comment comments correct correctly could couldn couple currently current day describe described description did didn different directly
  do docs documentation does doesn doing done don down due during e each easily either else end enough error errors especially etc even ever
  every everything exact exactly example examples except exception exceptions expect expected expects explain fact fail failed failing fails failure far feature few
  file files find fine first fix fixed fixes following follows for found four from full fully further g get gets getting give given gives go
  going good got great had hand happen happened happening happens has hasn have haven having help hence her here hi hello his hope how however i
  idea if implement implementation implemented in inside instead into is isn issue issues it its itself just keep kind know known last lead leads least less let
  like likely line lines little long look looking looks lot made mainly make makes making many may maybe me mean means mention mentioned message
  might minimal more most much must my name near need needed needs never new next no none nor not note nothing now number observed obvious of off
  often ok old on once one only onto or original other others otherwise our out output over own part particular patch people per perhaps please point
  possible possibly potential pr present prevent previous previously probably problem problems produce produced produces proper properly propose proposed provide provided pull put question quite
  raise raised raises raising rather re real really reason recent recently related release report reported reporting reproduce reproduced reproducible reproduction request
  require required result resulting results return returned returning returns right run running runs s said same say saying says second see seem seems seen self sense
  set several shall she should shouldn show showing shown shows similar simple simply since situation small so solution some someone something sometimes soon sort
  specific specifically stack start started state step steps still stop such suggest suggestion sure system t take taken takes tested testing tests test than thank thanks that the their
  them then there therefore these they thing things think this those though three through throw throws thrown thus time to together too traceback tried tries trigger try trying two
  u under understand unexpected unfortunately unless until up update updated upon us usage use used useful user users uses using usually v valid value values ve version versions
  very via want wanted was wasn way we well went were what when where whether which while who whole whose why will wish with within without won work
  workaround worked working works would wouldn wrong x y yes yet you your
  python java javascript typescript recent call com github https http www org latest install installed pip linux windows macos ubuntu
  true false null none undefined def class return import print`.split(/\s+/),
)

/** True for a lower-case word that no search should be spent on. */
export function isStopWord(word: string): boolean {
  return STOP_WORDS.has(word)
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

/** A light stem: one suffix off, never below four letters. Meant for matching, not for reading. */
export function stem(word: string): string {
  for (const suffix of SUFFIXES) {
    if (word.length - suffix.length >= 4 && word.endsWith(suffix)) return word.slice(0, -suffix.length)
  }
  return word
}

/** Splits an identifier at underscores, digits' borders and camel humps, lower-cased: `parseHTTPUrl2` gives parse, http, url. */
export function splitIdentifier(identifier: string): readonly string[] {
  return identifier
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z]+/)
    .filter((part) => part.length > 1)
}
