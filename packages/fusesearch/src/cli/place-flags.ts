import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { AskedPlace } from '../ask/index.ts'
import { cacheFolder } from '../programs/index.ts'
import { addBackendFlags, type BackendFlags, backendOf } from './backend.ts'
import type { Terminal } from './command.ts'
import { toShownText } from './render/shown-text.ts'

/** Flags of the look-up commands. */
export interface PlaceFlags extends BackendFlags {
  readonly repo: string
  readonly rev?: string
  readonly path?: string
  readonly json?: boolean
  readonly quiet?: boolean
}

/** Adds the flags that select the place and the output format. */
export function addPlaceFlags(command: Command): Command {
  return addBackendFlags(
    command
      .option('-r, --repo <dir>', 'repository to search', '.')
      .option('--rev <commit>', 'search the files of a commit without touching the work tree')
      .option('--path <dir>', 'search only this folder of the repository'),
  )
    .option('--json', 'print one JSON object')
    .option('-q, --quiet', 'print no notices')
}

/** The place that the flags name. */
export async function placeOf(flags: PlaceFlags, { cwd, env, signal }: Terminal): Promise<AskedPlace> {
  const { repo, rev, path } = flags
  const backend = await backendOf(flags, env)
  return {
    ...(backend === undefined ? {} : { backend }),
    repository: resolve(cwd, repo),
    ...(path === undefined ? {} : { path }),
    ...(rev === undefined ? {} : { commit: { revision: rev, cacheDir: cacheFolder(env), environment: env } }),
    signal,
  }
}

/** Prints notices to standard error, one per line. */
export function printNotices(notices: readonly string[], { quiet }: PlaceFlags, { stderr }: Terminal): void {
  if (quiet) return
  for (const notice of notices) stderr.write(`fusesearch: ${toShownText(notice)}\n`)
}
