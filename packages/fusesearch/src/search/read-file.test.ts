import { expect, test } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../test/support/folder.ts'
import { PROGRAM_LIMITS } from './limits.ts'
import type { ReadFileObservation } from './tool.ts'
import { openTree, type Tree } from './tree.ts'
import { runTurn } from './turn.ts'

const TEXTS = [
  '\n',
  'a\nb',
  'a\r\nb\r\r\n\r\n',
  '0123456789\n0123456789\r\n',
  `01234567890\n${'x'.repeat(100)}\nshort\n${'y'.repeat(100)}`,
  '\n\n  \n\n',
]

test('a file of ASCII gives the lines that it gives behind a letter of another script', async () => {
  const files = Object.fromEntries(
    TEXTS.flatMap((text, at) => Object.entries({ [`${at}.txt`]: text, [`${at}-é.txt`]: `é\n${text}` })),
  )
  const tree = await openTree({ root: writeFiles(temporaryFolder(), files), ignoreRules: 'respect' })
  for (const at of TEXTS.keys()) {
    const [plain, other] = [await read(tree, `${at}.txt`), await read(tree, `${at}-é.txt`)]
    expect(plain.lines).toEqual(other.lines.slice(1).map(({ line, text }) => ({ line: line - 1, text })))
    expect(plain.totalLines).toBe(other.totalLines - 1)
    expect(plain.notices).toEqual(other.notices)
  }
})

const ROW = `${'x'.repeat(58)}\n`
const LARGE = {
  'ascii.txt': ROW.repeat(25_000),
  'no-end.txt': `${ROW.repeat(25_000)}end`,
  'letter-behind.txt': `${ROW.repeat(25_000)}é\n`,
  'letter-before.txt': `é\n${ROW.repeat(25_000)}`,
  'one-line.txt': 'x'.repeat(1_500_000),
  'long-lines.txt': `${'x'.repeat(600_000)}\n`.repeat(3),
  'ends-long.txt': `${ROW.repeat(25_000)}${'x'.repeat(1_000_000)}`,
}

test('of a large file all lines are counted and those that fit are shown', async () => {
  const tree = await openTree({ root: writeFiles(temporaryFolder(), LARGE), ignoreRules: 'respect' })
  for (const [path, text] of Object.entries(LARGE)) {
    const { bytes, lines, notices, totalLines } = await read(tree, path, PROGRAM_LIMITS)
    const all = text.replace(/\n$/, '').split('\n')
    const cut = all.map((line) => line.slice(0, PROGRAM_LIMITS.maxLineLength))
    expect([path, totalLines]).toEqual([path, all.length])
    expect(lines.every((shown, at) => shown.line === at + 1 && shown.text === cut[at])).toBe(true)
    if (lines.length === all.length) continue
    // The next row would not have fitted beside the space kept for notices.
    expect(bytes).toBeLessThanOrEqual(PROGRAM_LIMITS.maxBytesPerCall)
    expect(bytes).toBeGreaterThan(PROGRAM_LIMITS.maxBytesPerCall - 1_200)
    expect(notices[0]?.message).toContain(`${all.length - lines.length} of ${all.length} lines left out`)
  }
})

async function read(
  tree: Tree,
  path: string,
  limits = { ...PROGRAM_LIMITS, maxLineLength: 10 },
): Promise<ReadFileObservation> {
  const signal = new AbortController().signal
  const options = { limits, bytesLeft: 2_000_000, signal }
  const turn = await runTurn(tree, [{ tool: 'read_file', arguments: { path } }], options)
  const [one] = turn.observations
  if (one?.ok !== true || one.tool !== 'read_file') throw new Error(`${path} was not read`)
  return one
}
