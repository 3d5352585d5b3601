import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where the workers of a run keep what lasts longer than a test; `processId` is that of Vitest, which starts them. */
export function folderOfRun(processId: number): string {
  return join(tmpdir(), `fusesearch-tests-${processId}`)
}

/**
 * Vitest runs this before all tests, and what it returns after them. The workers have ended by then; Vitest kills them half
 * a second after it told them to end, so on a busy machine they can't tidy up themselves.
 */
export default function removeAtEnd(): () => void {
  return () => rmSync(folderOfRun(process.pid), { recursive: true, force: true })
}
