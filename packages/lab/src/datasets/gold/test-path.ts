const TEST_FOLDERS: ReadonlySet<string> = new Set(['test', 'tests', 'testing', 'e2e', '__tests__'])

/** Whether a path is a test by its name alone (SPEC §5). */
export function isTestPath(path: string): boolean {
  const parts = path.split('/')
  const base = parts.pop() ?? ''
  return parts.some((part) => TEST_FOLDERS.has(part)) || /^test_|_test\.|\.test\.|\.spec\./.test(base)
}
