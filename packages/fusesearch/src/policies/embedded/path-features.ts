import { type IssueFacts, splitIdentifier, stem, wordsWithDigits } from './issue/index.ts'
import {
  compiledKey,
  isPackageFile,
  isSecondary,
  isSetUp,
  isToolSettings,
  type PathRole,
  roleOf,
  sharedSuffix,
  sourceKey,
  stemOf,
} from './paths.ts'

/** Features of a path alone, before anything is known of the file; constant during a run. */
export interface PathFeatures {
  readonly role: PathRole
  readonly isSetUp: boolean
  readonly isToolSettings: boolean
  /** A declaration or a kept copy of what other files implement. */
  readonly isSecondary: boolean
  readonly isPackageFile: boolean
  /** How much of the file's name occurs in the issue, in [0, 1]. */
  readonly baseName: number
  /** 1 if the issue names the file's name in several words, in any spelling; less if the name has one more word. */
  readonly spelled: number
  /** The same as `baseName` for the folder that fits best. */
  readonly folder: number
  /** Share of the path that a dotted name of the issue spells. */
  readonly module: number
  /** Trailing parts shared with each path that the issue names, where at least the file name is. */
  readonly suffixes: ReadonlyMap<string, number>
}

/** The folders of a path; `weight`: of the one that fits best. */
interface Folders {
  /** They as they stand in the path, with a slash behind each. */
  readonly prefix: string
  readonly names: readonly string[]
  readonly weight: number
}

/** What a name is worth that has one more word than what the issue names: `max-age` and `MaxAgeRule.ts`. */
const ONE_WORD_MORE = 0.7

/** Shared by most paths: of thousands of paths in a tree, the issue names a few. */
const NO_SUFFIXES: ReadonlyMap<string, number> = new Map()

/** Reads paths in the light of one issue; remembers the parts of names, which repeat over a tree. */
export class PathReader {
  readonly #words: ReadonlyMap<string, number>
  readonly #identifiers: ReadonlyMap<string, number>
  readonly #topWeight: number
  readonly #modules: ReadonlyMap<string, number>
  readonly #spellings: ReadonlySet<string>
  readonly #named = new Map<string, string[]>()
  /** Named paths of compiled files, by what their sources are called. */
  readonly #compiled = new Map<string, string[]>()
  readonly #compounds: ReadonlyMap<string, number>
  readonly #partsWeights = new Map<string, number>()
  readonly #known = new Map<string, PathFeatures>()
  /** Of the last path: paths come folder by folder. */
  #folders: Folders = { prefix: '', names: [], weight: 0 }

  constructor(facts: IssueFacts) {
    const weights = (kind: 'identifier' | 'word'): Map<string, number> =>
      new Map(facts.terms.filter((term) => term.kind === kind).map((term) => [term.text, term.weight]))
    this.#words = weights('word')
    this.#identifiers = weights('identifier')
    this.#topWeight = Math.max(1, ...facts.terms.map((term) => term.weight))
    this.#modules = modulePrefixes(facts.dottedNames)
    this.#spellings = facts.spellings
    const compounds = facts.terms.filter(({ kind }) => kind === 'compound')
    this.#compounds = new Map(compounds.map(({ text, weight }) => [text.replaceAll('-', ''), weight]))
    for (const { path } of [...facts.frames, ...facts.paths]) {
      const name = path.slice(path.lastIndexOf('/') + 1)
      const same = this.#named.get(name) ?? []
      if (!same.includes(path)) same.push(path)
      this.#named.set(name, same)
      const key = compiledKey(path)
      if (key !== undefined) this.#compiled.set(lastOf(key), [...(this.#compiled.get(lastOf(key)) ?? []), path])
    }
  }

  /** Paths that were read. */
  get size(): number {
    return this.#known.size
  }

  read(path: string): PathFeatures {
    const known = this.#known.get(path) ?? this.#readPath(path)
    this.#known.set(path, known)
    return known
  }

  #readPath(path: string): PathFeatures {
    const { names: folders, weight: folder } = this.#foldersOf(path)
    const isPackage = isPackageFile(path)
    const name = isPackage ? '' : stemOf(path)
    const whole = this.#identifiers.get(name) ?? 0
    return {
      role: roleOf(path),
      isSetUp: isSetUp(path),
      isToolSettings: isToolSettings(path),
      isSecondary: isSecondary(path),
      isPackageFile: isPackage,
      baseName: Math.min(1, Math.max(this.#partsWeight(name), whole) / this.#topWeight),
      spelled: this.#spelledShare(name),
      folder: Math.min(1, folder / this.#topWeight),
      module: this.#modules.size === 0 ? 0 : this.#moduleShare(isPackage ? folders : [...folders, name]),
      suffixes: this.#suffixesOf(path),
    }
  }

  #foldersOf(path: string): Folders {
    const length = path.lastIndexOf('/') + 1
    if (length === this.#folders.prefix.length && path.startsWith(this.#folders.prefix)) return this.#folders
    const names = path.split('/').slice(0, -1)
    let weight = 0
    for (const name of names) weight = Math.max(weight, this.#partsWeight(name))
    this.#folders = { prefix: path.slice(0, length), names, weight }
    return this.#folders
  }

  /** Mean weight of a name's parts, so that a name that is said in full counts more than one that is half said. */
  #partsWeight(name: string): number {
    const known = this.#partsWeights.get(name)
    if (known !== undefined) return known
    const parts = splitIdentifier(name)
    let sum = 0
    for (const part of parts) sum += this.#words.get(stem(part)) ?? 0
    let weight = parts.length === 0 ? 0 : sum / parts.length
    for (const word of wordsWithDigits(name)) weight = Math.max(weight, this.#words.get(word) ?? 0)
    if (this.#compounds.size > 0)
      weight = Math.max(weight, this.#compounds.get(name.toLowerCase().replace(/[-_]/g, '')) ?? 0)
    this.#partsWeights.set(name, weight)
    return weight
  }

  #spelledShare(name: string): number {
    const parts = splitIdentifier(name)
    if (parts.length < 2 || this.#spellings.size === 0) return 0
    if (this.#spellings.has(parts.join(''))) return 1
    return parts.length > 2 && this.#spellings.has(parts.slice(0, -1).join('')) ? ONE_WORD_MORE : 0
  }

  #moduleShare(parts: readonly string[]): number {
    for (let from = 0; from < parts.length - 1; from += 1) {
      const length = this.#modules.get(parts.slice(from).join('.'))
      if (length !== undefined) return Math.min(1, length / 3)
    }
    return 0
  }

  #suffixesOf(path: string): ReadonlyMap<string, number> {
    const named = this.#named.get(path.slice(path.lastIndexOf('/') + 1))
    if (named !== undefined) return new Map(named.map((one) => [one, sharedSuffix(one, path)]))
    if (this.#compiled.size === 0) return NO_SUFFIXES
    const key = sourceKey(path)
    const compiled = key === undefined ? undefined : this.#compiled.get(lastOf(key))
    if (key === undefined || compiled === undefined) return NO_SUFFIXES
    return new Map(compiled.map((one) => [one, sharedSuffix(compiledKey(one) ?? one, key)]))
  }
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Every prefix of two or more parts of the dotted names, with its number of parts. */
function modulePrefixes(dottedNames: readonly string[]): ReadonlyMap<string, number> {
  const prefixes = new Map<string, number>()
  for (const name of dottedNames) {
    const parts = name.split('.')
    for (let length = 2; length <= parts.length; length += 1) prefixes.set(parts.slice(0, length).join('.'), length)
  }
  return prefixes
}
