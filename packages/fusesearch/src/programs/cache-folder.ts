import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * The folder for snapshots of commits and for cached commit messages: FUSESEARCH_CACHE, else `fusesearch` in the user's
 * cache folder (XDG).
 */
export function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const { FUSESEARCH_CACHE: own, XDG_CACHE_HOME: shared } = env
  if (own !== undefined && own !== '') return own
  return join(shared !== undefined && shared !== '' ? shared : join(homedir(), '.cache'), 'fusesearch')
}

/** Name of the folder for commit messages, in the cache folder beside the snapshots. */
export const KEPT_COMMITS = 'commits'
