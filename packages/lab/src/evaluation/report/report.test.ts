import { expect, test } from 'vitest'
import { type Block, renderMarkdown } from '../../report/index.ts'
import { renderTerminalFigure } from './figure.ts'

const series = [
  {
    label: 'a<b>',
    byTurn: [
      { turn: 1, n: 2, breadth: 8, gain: 100, redundancy: 0 },
      { turn: 2, n: 2, breadth: 2, gain: 50, redundancy: 50 },
    ],
    ms: 500,
    fileF1: 60,
    functionF1: 40,
  },
  { label: 'ranker', byTurn: [], ms: 100, fileF1: 30, functionF1: null },
]

const blocks: Block[] = [
  { kind: 'heading', level: 1, text: 'A & B' },
  { kind: 'code', text: 'fusesearch eval' },
  { kind: 'table', head: ['id', 'F1'], rows: [[{ text: 'x_1', href: 'trajectories/p/a b.jsonl' }, '1.0 [0.5, 2.0]']] },
  { kind: 'text', text: '<script>alert(1)</script> | *' },
]

test('Markdown keeps names unchanged', () => {
  const markdown = renderMarkdown(blocks)
  expect(markdown).toContain('| [x\\_1](trajectories/p/a%20b.jsonl) | 1.0 \\[0.5, 2.0\\] |')
  expect(markdown).toContain('\\<script\\>alert(1)\\</script\\> \\| \\*')
})

test('the terminal figure shows each turn', () => {
  const text = renderTerminalFigure(series)
  expect(text).toContain('turn  1  calls  8.0 ████████████  gain 100%')
  expect(text).toContain('turn  2  calls  2.0 ███·········')
  expect(text).toContain('ranker  file F1 30.0  function F1 -  0.10 s a search')
})
