import { type Allowance, limitInWords, noticeBytes, Rows, rowBytes } from './notices.ts'
import { createPathFilter, globBudget, refuseCostly, refuseGlobs } from './path-filter.ts'
import { NO_FILE } from './render.ts'
import type { CallFailure } from './scope.ts'
import type { GlobArguments, GlobObservation, Notice } from './tool.ts'

/** Steps of matching before other requests get a turn: some ten milliseconds. */
const STEPS_AT_ONCE = 200_000

/**
 * Returns all files that a glob names, in the order of the listing, or the failure of a glob that is malformed or takes
 * too many steps. Rejects with the signal's reason on abort.
 */
export async function findPaths(
  files: readonly string[],
  { patterns, ignoreCase = false }: GlobArguments,
  signal: AbortSignal,
): Promise<readonly string[] | CallFailure> {
  const refusal = refuseGlobs(patterns)
  if (refusal !== undefined) return refusal
  if (patterns.every((pattern) => pattern.startsWith('!'))) return []
  const budget = globBudget()
  const accepts = createPathFilter(patterns, { ignoreCase, budget })
  const paths: string[] = []
  let pauseAt = budget.left - STEPS_AT_ONCE
  for (const path of files) {
    if (accepts(path)) paths.push(path)
    if (budget.left >= pauseAt) continue
    await new Promise((resolve) => setImmediate(resolve))
    signal.throwIfAborted()
    pauseAt = budget.left - STEPS_AT_ONCE
  }
  return refuseCostly(budget) ?? paths
}

/** Cuts the result of a glob to what may be shown. */
export function showGlob(found: readonly string[], glob: GlobArguments, allowance: Allowance): GlobObservation {
  const { headLimit = Number.POSITIVE_INFINITY } = glob
  const rows = new Rows(allowance)
  const paths: string[] = []
  for (const path of found) {
    if (paths.length >= headLimit || !rows.take(rowBytes(path), 1)) break
    paths.push(path)
  }
  const notices = cutNotices(paths.length, found.length, { rows, allowance, headLimit })
  const body = found.length === 0 ? rowBytes(NO_FILE) : rows.bytes
  return { ok: true, tool: 'glob', paths, total: found.length, notices, bytes: body + noticeBytes(notices) }
}

function cutNotices(
  shown: number,
  total: number,
  cut: { readonly rows: Rows; readonly allowance: Allowance; readonly headLimit: number },
): Notice[] {
  if (shown === total) return []
  const { full } = cut.rows
  const words = full === undefined ? `headLimit ${cut.headLimit}` : limitInWords(full, cut.allowance)
  const remedy =
    full === undefined
      ? `glob with headLimit ${total} shows all.`
      : 'Narrow the patterns, for example by a folder, to see the rest.'
  const message = `${total - shown} of ${total} files left out (${words}). ${remedy}`
  return [{ limit: full ?? 'headLimit', message }]
}
