import { letterCloseness, subWords } from './closeness.ts'
import { Top } from './top.ts'

/** Paths that are looked for at the same time. */
const MAX_WANTED = 4
/** Shorter words occur in nearly every path. */
const MIN_WORD = 3
/** Words in common count where they make up at least this share of the wanted name. */
const MIN_SHARE = 0.5

const SAME_NAME = 4
const SAME_STEM = 3
const NEAR_NAME = 2
const SHARED_WORDS = 1
const SAME_FOLDER = 0.5

/**
 * The files that come nearest to paths that don't exist, best first: the same name elsewhere, then the same name with
 * another ending, names in which few letters differ, names with words in common, and files of the folder itself.
 * Goes once through the list; its order doesn't matter to the result.
 */
export function nearestPaths(wanted: readonly string[], files: readonly string[], most: number): readonly string[] {
  const all = [...new Set(wanted)]
    .filter((path) => path !== '')
    .slice(0, MAX_WANTED)
    .map(toWanted)
  if (most <= 0 || all.length === 0) return []
  const top = new Top(most)
  for (const text of files) {
    const lower = text.toLowerCase()
    const slash = lower.lastIndexOf('/')
    let score = 0
    for (const one of all) score = Math.max(score, scoreOf(one, lower, slash))
    if (score > 0) top.add({ text, score })
  }
  return top.items.map(({ text }) => text)
}

interface WantedPath {
  readonly folder: string
  readonly name: string
  readonly stem: string
  readonly words: readonly string[]
  readonly letters: number
  readonly pathWords: readonly string[]
}

function toWanted(path: string): WantedPath {
  const slash = path.lastIndexOf('/')
  const base = path.slice(slash + 1)
  const words = [...new Set(subWords(stemOf(base)))].filter((word) => word.length >= MIN_WORD)
  const lower = path.toLowerCase()
  return {
    folder: lower.slice(0, slash + 1),
    name: lower.slice(slash + 1),
    stem: stemOf(lower.slice(slash + 1)),
    words,
    letters: words.reduce((sum, word) => sum + word.length, 0),
    pathWords: [...new Set(subWords(path.slice(0, slash + 1)))].filter((word) => word.length >= MIN_WORD),
  }
}

/** Above 0 where the file is worth naming; words of the folders decide among files of one kind. */
function scoreOf(wanted: WantedPath, file: string, slash: number): number {
  const kind = kindOf(wanted, file, slash)
  if (kind === 0) return 0
  const { pathWords } = wanted
  const shared = pathWords.filter((word) => file.includes(word)).length
  return kind + (0.4 * shared) / Math.max(1, pathWords.length)
}

function kindOf(wanted: WantedPath, file: string, slash: number): number {
  const name = file.slice(slash + 1)
  if (name === wanted.name) return SAME_NAME
  const stem = stemOf(name)
  if (stem === wanted.stem) return SAME_STEM
  const letters = letterCloseness(wanted.stem, stem)
  if (letters > 0) return NEAR_NAME + letters / 2
  let common = 0
  for (const word of wanted.words) if (stem.includes(word)) common += word.length
  const share = common / Math.max(1, wanted.letters)
  if (share >= MIN_SHARE) return SHARED_WORDS + share / 2
  const isInFolder = wanted.folder !== '' && slash + 1 === wanted.folder.length && file.startsWith(wanted.folder)
  return isInFolder ? SAME_FOLDER : 0
}

/** A name without its last ending; `.gitignore` is all stem. */
function stemOf(name: string): string {
  const dot = name.lastIndexOf('.')
  return dot > 0 ? name.slice(0, dot) : name
}
