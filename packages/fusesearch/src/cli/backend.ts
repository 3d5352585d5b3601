import type { Command } from 'commander'
import { FuseSearchError } from '../core/index.ts'
import type { Backend } from '../search/index.ts'

/** Flags that select an index instead of a folder. */
export interface BackendFlags {
  readonly backend?: string
  readonly repoFilter?: string
  /** `--repo` and `--root`, which name folders. */
  readonly repo?: string
  readonly root?: readonly string[]
}

/** Holds an address with a password, which other users of the machine could see among the arguments. */
const ADDRESS_VARIABLE = 'FUSESEARCH_ZOEKT_URL'

/** Adds the flags. */
export function addBackendFlags(command: Command): Command {
  return command
    .option('--backend <name>', `search an index instead of a folder: zoekt=http://host:6070 (${ADDRESS_VARIABLE})`)
    .option('--repo-filter <expression>', 'search only repositories of the index whose names match')
}

/** Default of `--repo`; the same as if it isn't given. */
const HERE = '.'

/**
 * The backend that the flags name; undefined for a folder. Throws `bad-argument` for an unknown kind, for a filter
 * without a backend, and for a folder together with one.
 */
export async function backendOf(
  { backend: given, repoFilter, repo = HERE, root = [] }: BackendFlags,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Backend | undefined> {
  if (given === undefined) {
    if (repoFilter === undefined) return undefined
    throw badArgument('--repo-filter selects repositories of an index. Add --backend.')
  }
  const [, kind, ownAddress] = /^([^=]*)(?:=(.*))?$/s.exec(given) ?? []
  // The rest may contain a password.
  if (kind !== 'zoekt') throw badArgument('There is no such backend. Give --backend zoekt=http://host:6070.')
  const address = ownAddress ?? env[ADDRESS_VARIABLE]
  if (address === undefined || address === '') {
    throw badArgument(`The address of zoekt is missing. Give zoekt=http://host:6070, or set ${ADDRESS_VARIABLE}.`)
  }
  if (repo !== HERE || root.length > 0) {
    const flag = root.length === 0 ? '--repo' : '--root'
    throw badArgument(
      `--backend searches an index, not a folder. Leave ${flag} out, or select repositories with --repo-filter.`,
    )
  }
  const { zoektBackend } = await import('../zoekt/index.ts')
  return zoektBackend({ address, repoFilter })
}

function badArgument(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
