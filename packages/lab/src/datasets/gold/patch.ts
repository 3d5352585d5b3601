import { parsePatch, type StructuredPatchHunk } from 'diff'
import { FuseSearchError } from 'fusesearch/core'

/** One file of a patch. Paths are as in the repository; a path that doesn't exist on its side is undefined. */
export interface PatchedFile {
  readonly oldPath: string | undefined
  readonly newPath: string | undefined
  readonly isCopy: boolean
  readonly hunks: readonly StructuredPatchHunk[]
}

/**
 * Reads a unified diff, git's form or plain, with renames, copies, modes, binary files and quoted names.
 * @throws FuseSearchError `bad-patch` when it isn't one, or names no file.
 */
export function readPatch(patch: string): PatchedFile[] {
  let parsed: ReturnType<typeof parsePatch>
  try {
    parsed = parsePatch(patch)
  } catch (error) {
    const fact = error instanceof Error ? error.message : String(error)
    throw badPatch(`the patch can't be read: ${fact}`, error)
  }
  const files = parsed.flatMap((file): PatchedFile[] => {
    const [before, after] = [file.oldFileName ?? file.index, file.newFileName ?? file.index]
    if (before === undefined || after === undefined) return []
    const prefixed = hasPrefixes(before, after)
    const path = (name: string): string | undefined =>
      name === '/dev/null' ? undefined : prefixed ? name.replace(/^[^/]*\//, '') : name
    const oldPath = file.isCreate === true ? undefined : path(before)
    const newPath = file.isDelete === true ? undefined : path(after)
    return [{ oldPath, newPath, isCopy: file.isCopy === true, hunks: file.hunks }]
  })
  if (files.length === 0) throw badPatch('the patch names no file')
  return files
}

/** A `bad-patch` error; the caller adds the instance. */
export function badPatch(fact: string, cause?: unknown): FuseSearchError {
  const message = `${fact}. Check the row's patch and base commit, or leave the row out.`
  return new FuseSearchError(message, cause === undefined ? { code: 'bad-patch' } : { code: 'bad-patch', cause })
}

/** `a/` and `b/`, or one of git's mnemonic pairs (`i/ w/`, `c/ i/`, …), on both sides that name a file. */
function hasPrefixes(before: string, after: string): boolean {
  const first = /^[aciow]\/|^\/dev\/null$/.test(before)
  const second = /^[bciow]\/|^\/dev\/null$/.test(after)
  return first && second
}

/** A moved file is a test only if it is one before and after. */
export function isTestFile(file: PatchedFile): boolean {
  return isFileOf(file, isTestPath)
}

/** A git diff without the files whose paths, before and after, satisfy `isMeant`; empty when no other file is left. */
export function withoutFiles(patch: string, isMeant: (path: string) => boolean): string {
  // Lines of a hunk begin with a space, a sign or a backslash, so a line with these words begins a file.
  const files = patch.split(/^(?=diff --git )/m).filter((part) => part.startsWith('diff --git '))
  return files.filter((part) => !readPatch(part).every((file) => isFileOf(file, isMeant))).join('')
}

function isFileOf({ oldPath, newPath }: PatchedFile, isMeant: (path: string) => boolean): boolean {
  return [oldPath, newPath].every((path) => path === undefined || isMeant(path))
}

const TEST_FOLDERS: ReadonlySet<string> = new Set(['test', 'tests', 'testing', 'e2e', '__tests__'])

/** Whether a path is a test, by its name only. */
export function isTestPath(path: string): boolean {
  const parts = path.split('/')
  const base = parts.pop() ?? ''
  return parts.some((part) => TEST_FOLDERS.has(part)) || /^test_|_test\.|\.test\.|\.spec\./.test(base)
}
