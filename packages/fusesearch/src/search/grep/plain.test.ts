import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../../../../../test/support/folder.ts'
import { packagedRg } from '../rg/locate.ts'
import { type Piece, PieceReader } from '../rg/pieces.ts'
import { Hits } from './hits.ts'
import { LineStore } from './line-store.ts'
import type { GrepPattern } from './pattern.ts'
import { attributeLines } from './plain.ts'

const rg = await packagedRg()
const SEARCH: GrepPattern = { pattern: 'task', ignoreCase: false, word: false, literal: true }
const LINES = [
  'task “task” «task» été-task',
  'étask tasé tasks 中task task中',
  'ta\u017f\u212a TA\u017fK ta\u017fk\u017f \u017ftask task\u212a',
  'nothing with \u017f and \u212a',
  'TASK Task',
  'multitask\u200d task\u0301 task…',
  '\u00e5\u00bf task',
]
const text = LINES.join('\n')

/** Every line of the text, as a walk prints it. */
function pieceOf(bytes: Buffer): Piece {
  const pieces: Piece[] = []
  const reader = new PieceReader((piece) => pieces.push(piece))
  const lines = bytes.toString('latin1').split('\n')
  reader.push(Buffer.from(`./a.txt\0${lines.map((line, index) => `${index + 1}:${line}\n`).join('')}`, 'latin1'))
  reader.end()
  return pieces[0] ?? { bytes: Buffer.alloc(0), text: '', blocks: [] }
}

function attribute(search: GrepPattern, mode: 'content' | 'counts', bytes: Buffer): Found {
  const keep = { maxLines: 100, maxBytes: 10_000 }
  const hits = new Hits({ mode, accepts: () => true, maxLineLength: 100, keep })
  const undecided = new LineStore({ bytesLeft: 1_000_000 })
  const piece = pieceOf(bytes)
  const needles = [search.pattern]
  attributeLines({ search, hits, undecided, needles, isPlain: true }, piece, () => piece.text.toLowerCase())
  return { files: hits.sorted(), undecided: undecided.lines.map(({ at }) => at.line) }
}

interface Found {
  readonly files: ReturnType<Hits['sorted']>
  readonly undecided: readonly number[]
}

/** `line:match` rows. */
function byRg({ pattern, ignoreCase, word }: GrepPattern): readonly string[] {
  const file = join(temporaryFolder(), 'a.txt')
  writeFileSync(file, text)
  const flags = [...(ignoreCase ? ['-i'] : []), ...(word ? ['-w'] : [])]
  const { stdout } = spawnSync(rg, ['--no-config', '-n', '-o', '-F', ...flags, '-e', pattern, file])
  return stdout.toString().trim().split('\n')
}

test.each([
  { ...SEARCH, word: true },
  { ...SEARCH, ignoreCase: true },
  { ...SEARCH, word: true, ignoreCase: true },
])(
  'beside characters beyond ASCII, and in lines with those that fold to ASCII, ripgrep need not be asked: %o',
  (search) => {
    const rows = byRg(search)
    const lines = [...new Set(rows.map((row) => Number.parseInt(row, 10)))]
    expect(lines.length).toBeGreaterThan(2)
    const content = attribute(search, 'content', Buffer.from(text))
    expect(content.files.flatMap((file) => file.lines).map(({ line }) => line)).toEqual(lines)
    const counts = attribute(search, 'counts', Buffer.from(text))
    expect(counts.files.map(({ count }) => count)).toEqual([rows.length])
    expect([...content.undecided, ...counts.undecided]).toEqual([])
  },
)

test('ripgrep is asked about a word beside bytes that are no UTF-8', () => {
  const bytes = Buffer.from('task\nno \xfftask\ntask\xc3\n', 'latin1')
  const { files, undecided } = attribute({ ...SEARCH, word: true }, 'content', bytes)
  expect(files.flatMap((file) => file.lines).map(({ line }) => line)).toEqual([1])
  expect(undecided).toEqual([2, 3])
})
