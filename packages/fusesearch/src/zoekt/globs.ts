import { type GlobParts, parseGlob, textsRequiredBy } from '../search/index.ts'
import { atom, quoteGo } from './query.ts'

/** How the paths that globs match relate to zoekt's names of files. */
export interface NameScope {
  /**
   * The prefix of names that paths lack if one repository is searched; undefined if paths begin with repository names.
   */
  readonly folder: string | undefined
  /** The repositories, and the prefixes of their paths. */
  readonly repositories: ReadonlyMap<string, { readonly prefix: string }>
}

/** zoekt looks each of them up; a policy searches for all names of an issue at once. */
const MAX_TEXTS = 500

const FOLDERS_LEFT_OUT = /^!\*\*\/(?:([\w.-]+)|\{([\w.-]+(?:,[\w.-]+)+)\})\/\*\*$/

/**
 * Words of a query that keep at least the files that match the globs: those that match one without `!`, if there is
 * one, and none with `!`. They are plain texts, which zoekt looks up in its index; an expression for the whole glob
 * would be matched against every name. Empty if nothing can be excluded.
 */
export function fileQuery(globs: readonly string[], ignoreCase: boolean, scope: NameScope): readonly string[] {
  const wanted = globs.filter((glob) => !glob.startsWith('!')).map(partsOf)
  const texts = wanted.length === 0 ? undefined : textsRequiredBy(wanted, ignoreCase, MAX_TEXTS)?.map(longestName)
  const kept =
    texts === undefined || texts.includes('') ? [] : texts.flatMap((text) => withText(text, ignoreCase, scope))
  // Names of the searched folder also contain the folders above it, which globs don't refer to.
  const above = `/${scope.folder ?? ''}`
  const left = ignoreCase ? [] : globs.flatMap(foldersOf).filter((name) => !above.includes(`/${name}/`))
  const dropped = left.map((name) => atom('file', `/${quoteGo(name)}/`))
  return [
    ...(kept.length === 0 ? [] : [`( case:${ignoreCase ? 'no' : 'yes'} ${kept.join(' or ')} )`]),
    ...(dropped.length === 0 ? [] : [`-( case:yes ${dropped.join(' or ')} )`]),
  ]
}

function partsOf(glob: string): GlobParts {
  const parsed = parseGlob(glob)
  // A malformed glob fails its call before any request.
  return 'parts' in parsed ? parsed.parts : []
}

/** The longest part between slashes, which is entirely in the file's name or in the repository's name. */
function longestName(text: string): string {
  return text.split('/').reduce((best, part) => (part.length > best.length ? part : best), '')
}

/** Files whose name contains the text, and all files of repositories whose path prefix contains it. */
function withText(text: string, ignoreCase: boolean, { folder, repositories }: NameScope): string[] {
  if (folder !== undefined) return [atom('file', quoteGo(text))]
  const sought = ignoreCase ? text.toLowerCase() : text
  const named = [...repositories].filter(([, { prefix }]) =>
    (ignoreCase ? prefix.toLowerCase() : prefix).includes(sought),
  )
  const all = named.map(([name]) => quoteGo(name)).join('|')
  return [atom('file', quoteGo(text)), ...(all === '' ? [] : [atom('repo', `^(?:${all})$`)])]
}

/** Folders that a glob excludes at any depth. */
function foldersOf(glob: string): readonly string[] {
  const [, one, several] = FOLDERS_LEFT_OUT.exec(glob) ?? []
  return one === undefined ? (several?.split(',') ?? []) : [one]
}
