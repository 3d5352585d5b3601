import { type GlobParts, parseGlob, textsRequiredBy } from '../search/index.ts'
import { atom, quoteGo } from './query.ts'

/** How the paths that globs match relate to zoekt's names of files. */
export interface NameScope {
  /** Names begin with this and paths don't, where one repository is searched; undefined where paths begin with names. */
  readonly folder: string | undefined
  /** The repositories, and what their paths begin with. */
  readonly repositories: ReadonlyMap<string, { readonly prefix: string }>
}

/** zoekt looks each of them up; a policy asks for the names of a whole issue at once. */
const MAX_TEXTS = 500

const FOLDERS_LEFT_OUT = /^!\*\*\/(?:([\w.-]+)|\{([\w.-]+(?:,[\w.-]+)+)\})\/\*\*$/

/**
 * Words of a query that keep at least the files that the globs name: those that match one without `!`, if there is one,
 * and none with `!`. They are texts alone, which zoekt looks up in its index; an expression for the whole glob would be
 * tried on every name. Empty if nothing can be said.
 */
export function fileQuery(globs: readonly string[], ignoreCase: boolean, scope: NameScope): readonly string[] {
  const wanted = globs.filter((glob) => !glob.startsWith('!')).map(partsOf)
  const texts = wanted.length === 0 ? undefined : textsRequiredBy(wanted, ignoreCase, MAX_TEXTS)?.map(longestName)
  const kept =
    texts === undefined || texts.includes('') ? [] : texts.flatMap((text) => withText(text, ignoreCase, scope))
  // Of the searched folder itself, names have the folders above too, and globs don't mean those.
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
  // A malformed glob fails its call before anything is asked.
  return 'parts' in parsed ? parsed.parts : []
}

/** The longest part between slashes, which lies whole in the name of a file or in that of its repository. */
function longestName(text: string): string {
  return text.split('/').reduce((best, part) => (part.length > best.length ? part : best), '')
}

/** Files whose name has the text, and all of repositories that have it in what their paths begin with. */
function withText(text: string, ignoreCase: boolean, { folder, repositories }: NameScope): string[] {
  if (folder !== undefined) return [atom('file', quoteGo(text))]
  const sought = ignoreCase ? text.toLowerCase() : text
  const named = [...repositories].filter(([, { prefix }]) =>
    (ignoreCase ? prefix.toLowerCase() : prefix).includes(sought),
  )
  const all = named.map(([name]) => quoteGo(name)).join('|')
  return [atom('file', quoteGo(text)), ...(all === '' ? [] : [atom('repo', `^(?:${all})$`)])]
}

/** Folders that a glob leaves out at any depth. */
function foldersOf(glob: string): readonly string[] {
  const [, one, several] = FOLDERS_LEFT_OUT.exec(glob) ?? []
  return one === undefined ? (several?.split(',') ?? []) : [one]
}
