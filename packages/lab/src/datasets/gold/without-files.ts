import { type PatchedFile, readPatch } from './patch.ts'
import { isTestPath } from './test-path.ts'

/** A moved file is a test only when it was one and stays one. */
export function isTestFile(file: PatchedFile): boolean {
  return isFileOf(file, isTestPath)
}

/** A diff of git's without the files whose paths, before and after, are meant; empty when nothing else is in it. */
export function withoutFiles(patch: string, isMeant: (path: string) => boolean): string {
  // Within a hunk every line begins with a blank, a sign or a backslash, so these words begin a file.
  const files = patch.split(/^(?=diff --git )/m).filter((part) => part.startsWith('diff --git '))
  return files.filter((part) => !readPatch(part).every((file) => isFileOf(file, isMeant))).join('')
}

function isFileOf({ oldPath, newPath }: PatchedFile, isMeant: (path: string) => boolean): boolean {
  return [oldPath, newPath].every((path) => path === undefined || isMeant(path))
}
