import { type Allowance, limitInWords, noticeBytes, Rows, rowBytes } from './notices.ts'
import { createPathFilter, globBudget, refuseCostly, refuseGlobs } from './path-filter.ts'
import { NO_FILE } from './render.ts'
import type { CallFailure } from './scope.ts'
import type { GlobArguments, GlobObservation, Notice } from './tool.ts'

/** All files that a glob names, in the order of the listing, or why it names none. */
export function findPaths(files: readonly string[], glob: GlobArguments): readonly string[] | CallFailure {
  const refusal = refuseGlobs(glob.patterns)
  if (refusal !== undefined) return refusal
  if (glob.patterns.every((pattern) => pattern.startsWith('!'))) return []
  const budget = globBudget()
  const paths = files.filter(createPathFilter(glob.patterns, { ignoreCase: glob.ignoreCase ?? false, budget }))
  return refuseCostly(budget) ?? paths
}

/** Cuts what a glob found to what may be shown. */
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
