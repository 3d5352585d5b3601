/**
 * programs: finds `git` and `rg`. It looks only in absolute folders of PATH outside the searched repository, so that a
 * program in the repository is never run. It starts nothing.
 */

export { cacheFolder, KEPT_COMMITS } from './cache-folder.ts'
export { findProgram, isInside, type Program, type ProgramSearch, trustedFolders } from './find.ts'
export { type GitPlace, gitPlaceOf } from './work-tree.ts'
