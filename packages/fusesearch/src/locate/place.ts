import { lstat, realpath, stat } from 'node:fs/promises'
import { join, posix, relative, resolve, sep } from 'node:path'
import { FuseSearchError, refuseGitPath } from '../core/index.ts'
import type { LeftOut } from '../git/index.ts'
import { isInside } from '../programs/index.ts'
import {
  ALL_TOOLS,
  type Backend,
  checkedOut,
  type HistoryPlace,
  type IgnoreRules,
  keptCommits,
  openWorkspace,
  PAPER_TOOLS,
  type RemoteSource,
  type ToolName,
  type Workspace,
} from '../search/index.ts'

/** Which tree to search. */
export interface PlaceOptions {
  /** The folder to search: a repository, or any folder. */
  readonly repository: string
  /** A folder inside it that narrows the search, relative to it. */
  readonly path?: string
  /**
   * A commit to search instead of the files in the folder. The folder must then be in a git repository; if it is below
   * the repository's top folder, the same folder of the commit is searched.
   */
  readonly commit?: CommitOptions
  /** For the files in the folder; default `respect`. The files of a commit are all tracked, so none is ignored. */
  readonly ignoreRules?: IgnoreRules
  /**
   * Tools that the policy is offered. By default `grep`, `glob` and `read_file`, the paper's, and `history`, which
   * searches earlier commits if the folder is in a git repository; otherwise a notice says that there are none. If
   * `history` is offered and git can't be run, or gives no answer in time, its calls fail with the reason and the
   * search continues.
   */
  readonly tools?: readonly ToolName[]
  /** The commits that `history` searches, for a folder that isn't a work tree, such as a snapshot of a commit. */
  readonly history?: HistoryPlace
  /** The environment for git if `history` starts it; default: that of this process. Few variables are passed on. */
  readonly environment?: Readonly<Record<string, string | undefined>>
  readonly signal?: AbortSignal
  /**
   * Opens the tree elsewhere, instead of `repository`, which is then only a name. `path` and the revision of `commit`
   * select from the trees there; there are no earlier commits.
   */
  readonly backend?: Backend
  /** Opens the tree; default `openWorkspace`. A long-lived process passes the one of its pool. */
  readonly openWorkspace?: typeof openWorkspace
}

/** A commit, and where its files are put. */
export interface CommitOptions {
  /** A hash, or any revision that names one. */
  readonly revision: string
  /** Folder for snapshots; kept between runs. */
  readonly cacheDir: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /**
   * Refuses a folder that isn't the top of its repository, and a repository for which git reads other folders, as in
   * linked work trees: for servers, whose roots limit what may be read.
   */
  readonly isBounded?: boolean
}

/** The tree of a localization, opened. */
export interface Place {
  readonly workspace: Workspace
  /** The tools that the policy is offered. */
  readonly tools: readonly ToolName[]
  /** From a path of the workspace to one of the repository. */
  toShownPath(path: string): string
  readonly notices: readonly string[]
  /** The repositories of a tree outside a folder; empty for a folder. */
  readonly sources: readonly RemoteSource[]
}

/**
 * Opens the tree to search. The caller closes its workspace. `opening` ends processes that run until then; `signal` of
 * the options belongs to the workspace, too.
 * Throws `bad-argument` if `repository` or `path` is git's own, and what opening a commit or a tree throws.
 */
export async function openPlace(options: PlaceOptions, opening = options.signal): Promise<Place> {
  const { commit, path, repository, signal } = options
  if (options.tools !== undefined) checkTools(options.tools)
  if (options.backend !== undefined) return openElsewhere(options, options.backend, opening)
  for (const asked of [resolve(repository), path ?? '']) refuseGitPath(asked)
  const opened: OpenedRoot =
    commit === undefined ? { root: resolve(repository), notices: [] } : await openCommit(repository, commit, opening)
  const { tools, notices } = await offeredTools(options, opened.root)
  const inside = path === undefined ? { root: opened.root, prefix: '' } : await narrow(opened.root, path)
  const open = options.openWorkspace ?? openWorkspace
  const workspace = await open({
    root: inside.root,
    ignoreRules: commit === undefined ? (options.ignoreRules ?? 'respect') : 'none',
    ...(signal ? { signal } : {}),
    ...(tools.includes('history') ? { history: historyPlace(options, opened.history, inside.prefix) } : {}),
  })
  const toShownPath = (shown: string): string => `${inside.prefix}${shown}`
  return { workspace, tools, toShownPath, notices: [...opened.notices, ...notices], sources: [] }
}

async function openElsewhere(
  { commit, path, signal, tools = PAPER_TOOLS }: PlaceOptions,
  backend: Backend,
  opening: AbortSignal | undefined,
): Promise<Place> {
  const { workspace, sources } = await backend.open({
    ...(path === undefined ? {} : { path }),
    ...(commit === undefined ? {} : { revision: commit.revision }),
    ...(signal === undefined ? {} : { signal }),
    ...(opening === undefined ? {} : { opening }),
  })
  const prefix = path === undefined ? '' : folderPrefix(path)
  const notices = [`Searched without history, because ${backend.name} has no earlier commits.`]
  return { workspace, tools, toShownPath: (shown) => `${prefix}${shown}`, notices, sources }
}

function folderPrefix(path: string): string {
  const plain = posix
    .normalize(path)
    .replace(/^(?:\.?\/)+/, '')
    .replace(/\/*$/, '')
  return plain === '' || plain === '.' ? '' : `${plain}/`
}

/** The sources of the paths, as a field of a result; absent for a folder. */
export function sourcesOf(
  sources: readonly RemoteSource[],
  paths: readonly string[],
): { readonly sources?: readonly RemoteSource[] } {
  if (sources.length === 0) return {}
  return { sources: sources.filter(({ prefix }) => paths.some((path) => path.startsWith(prefix))) }
}

interface OpenedRoot {
  readonly root: string
  readonly notices: readonly string[]
  /** Of a snapshot, which itself is outside its repository. */
  readonly history?: HistoryPlace
}

async function openCommit(
  repository: string,
  { revision, cacheDir, environment, isBounded = false }: CommitOptions,
  signal: AbortSignal | undefined,
): Promise<OpenedRoot> {
  const folder = await realpath(repository).catch(() => '')
  // A link may lead to git's own folder; one that leads nowhere is reported below.
  refuseGitPath(folder)
  // Loaded late: most searches don't need git.
  const { elsewhereNotice, openSnapshot, repositoryAt } = await import('../git/index.ts')
  const found = await repositoryAt({ path: repository, environment, anywhereInside: !isBounded, signal })
  if (isBounded && found.elsewhere.length > 0) {
    const message = `Commits of ${repository} can't be searched here: its .git leads out of it. Name the main work tree.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const snapshot = await openSnapshot({ repository: found, commit: revision, cacheDir, signal })
  const [top = folder] = found.trees
  const inside = relative(top, folder)
  const root = join(snapshot.root, inside)
  if (inside !== '' && !(await lstat(root).catch(() => undefined))?.isDirectory()) {
    throw badPath(`The folder ${repository} is not in the commit ${revision}. Search all of it: ${top}.`)
  }
  const prefix = inside === '' ? '' : `${inside.replaceAll(sep, '/')}/`
  const place = { kind: 'commit', repository: found, commit: snapshot.commit, prefix } as const
  const history = { ...place, keepIn: keptCommits(cacheDir) }
  const elsewhere = elsewhereNotice(found)
  const notices = [...(elsewhere === undefined ? [] : [elsewhere]), ...noticesOf(snapshot.leftOut)]
  return { root, notices, history }
}

/** Checks the list of tools. Throws `bad-argument` if one of the three is missing or a tool is unknown. */
function checkTools(tools: readonly ToolName[]): void {
  const isWhole = PAPER_TOOLS.every((tool) => tools.includes(tool))
  if (isWhole && tools.every((tool) => ALL_TOOLS.includes(tool))) return
  const message = `The tools ${tools.join(', ') || '(none)'} can't be used for a search. Give ${PAPER_TOOLS.join(', ')}, and optionally history.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

interface Offered {
  readonly tools: readonly ToolName[]
  readonly notices: readonly string[]
}

/** The requested tools, or all that can search something here. Starts no process. */
async function offeredTools({ tools, commit, history }: PlaceOptions, root: string): Promise<Offered> {
  if (tools !== undefined) return { tools, notices: [] }
  if (commit !== undefined || history !== undefined) return { tools: ALL_TOOLS, notices: [] }
  const { isInRepository } = await import('../git/index.ts')
  try {
    if (await isInRepository(root)) return { tools: ALL_TOOLS, notices: [] }
    return { tools: PAPER_TOOLS, notices: [NO_REPOSITORY] }
  } catch (error) {
    if (!(error instanceof FuseSearchError)) throw error
    return { tools: PAPER_TOOLS, notices: [`Searched without history: ${error.message}`] }
  }
}

const NO_REPOSITORY =
  "Searched without history, because the folder isn't in a git repository. In a clone, earlier commits improve the search."

function historyPlace(options: PlaceOptions, opened: OpenedRoot['history'], inner: string): HistoryPlace {
  const place = options.history ?? opened
  if (place === undefined) return checkedOut(options.environment ?? process.env)
  return place.kind === 'commit' ? { ...place, prefix: `${place.prefix}${inner}` } : place
}

function noticesOf({ symlinks, submodules, collisions, large, missing, missingPaths }: LeftOut): string[] {
  const notices: string[] = []
  if (symlinks + submodules + collisions > 0) {
    const what = `${symlinks} symbolic links, ${submodules} submodules, ${collisions} names that differ only in case or form`
    notices.push(`Not searched at this commit: ${what}.`)
  }
  if (large > 0) notices.push(`Not searched at this commit: ${large} files of more than 100 MB.`)
  if (missing > 0) {
    const more = missing > missingPaths.length ? ` and ${missing - missingPaths.length} more` : ''
    const what = `${missing} files whose contents are missing in the repository (${missingPaths.join(', ')}${more})`
    notices.push(`Not searched at this commit: ${what}. To fetch them: git fetch --refetch --no-filter.`)
  }
  return notices
}

async function narrow(root: string, path: string): Promise<{ root: string; prefix: string }> {
  const wanted = resolve(root, path)
  const [realRoot, realWanted] = await Promise.all(
    [root, wanted].map((folder) => realpath(folder).catch(() => undefined)),
  )
  // The workspace reports a repository that can't be opened.
  if (realRoot === undefined) return { root, prefix: '' }
  const place = realWanted ?? resolve(realRoot, path)
  if (!isInside(realRoot, place)) {
    throw badPath(`The path ${path} leads out of ${root}. Name a folder inside the repository.`)
  }
  if (realWanted === undefined || !(await stat(realWanted)).isDirectory()) {
    const fact = realWanted === undefined ? "doesn't exist" : 'is a file'
    throw badPath(`The path ${path} ${fact} in ${root}. Name a folder inside the repository.`)
  }
  const inside = relative(realRoot, place)
  return { root: join(realRoot, inside), prefix: inside === '' ? '' : `${inside.replaceAll(sep, '/')}/` }
}

function badPath(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
