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

async function read(tree: Tree, path: string): Promise<ReadFileObservation> {
  const limits = { ...PROGRAM_LIMITS, maxLineLength: 10 }
  const signal = new AbortController().signal
  const turn = await runTurn(tree, [{ tool: 'read_file', arguments: { path } }], { limits, bytesLeft: 100_000, signal })
  const [one] = turn.observations
  if (one?.ok !== true || one.tool !== 'read_file') throw new Error(`${path} was not read`)
  return one
}
