import { spawnSync } from 'node:child_process'
import { beforeAll, expect, test } from 'vitest'
import { ensureBuilt, MAIN } from './support/command.ts'
import { SHOP_ISSUE, tinyRepository } from './support/folder.ts'

beforeAll(ensureBuilt)

/** Newer versions of V8 have other flags, so nothing is set. */
const isNode20 = Number.parseInt(process.versions.v8, 10) === 11

test.runIf(isNode20)(
  'a search leaves most functions to the baseline compiler, and a number given to Node holds',
  () => {
    const repository = tinyRepository()
    const [late, own] = [[], ['--interrupt-budget=30000']].map((given) => optimizedBy(given, repository))
    expect(late?.stdout).toBe(own?.stdout)
    expect(late?.optimized).toBeLessThan((own?.optimized ?? 0) / 2)
  },
)

/** The number of functions that V8 optimized, and the output of the search. */
function optimizedBy(given: readonly string[], repository: string): { optimized: number; stdout: string } {
  const { stdout } = spawnSync(
    process.execPath,
    [...given, '--trace-opt', MAIN, 'locate', SHOP_ISSUE, '--repo', repository],
    { encoding: 'utf8' },
  )
  const lines = stdout.split('\n')
  const traced = lines.filter((line) => line.startsWith('[completed optimizing'))
  return { optimized: traced.length, stdout: lines.filter((line) => !line.startsWith('[')).join('\n') }
}
