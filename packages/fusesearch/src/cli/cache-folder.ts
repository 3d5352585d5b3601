import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where snapshots of commits are kept: FUSESEARCH_CACHE, else `fusesearch` in the user's cache folder (XDG). */
export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const { FUSESEARCH_CACHE: own, XDG_CACHE_HOME: shared } = env
  if (own !== undefined && own !== '') return own
  return join(shared !== undefined && shared !== '' ? shared : join(homedir(), '.cache'), 'fusesearch')
}
