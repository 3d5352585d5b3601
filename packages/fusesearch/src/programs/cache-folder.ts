import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * What is kept between runs: snapshots of commits, and what was read of commits. FUSESEARCH_CACHE, else `fusesearch` in
 * the user's cache folder (XDG).
 */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const { FUSESEARCH_CACHE: own, XDG_CACHE_HOME: shared } = env
  if (own !== undefined && own !== '') return own
  return join(shared !== undefined && shared !== '' ? shared : join(homedir(), '.cache'), 'fusesearch')
}

/** Name of the folder, in a cache folder, with what was read of commits; beside the snapshots. */
export const KEPT_COMMITS = 'commits'
