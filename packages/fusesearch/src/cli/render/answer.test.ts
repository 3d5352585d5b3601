import { Writable } from 'node:stream'
import pc from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { TurnRecord } from '../../agent/index.ts'
import type { LocateResult } from '../../locate/index.ts'
import type { Call } from '../../search/index.ts'
import type { Terminal } from '../command.ts'
import { renderAnswer } from './answer.ts'
import { renderPlain } from './plain.ts'
import { bar, duration, plainText, type Style, styleOf as styleOfTerminal } from './style.ts'
import { createTurnsView } from './turns.ts'

const LONG = 'packages/very/deeply/nested/folders/that/no/narrow/terminal/can/show/in/one/line/of/text/cart.py'

const RESULT: LocateResult = {
  version: 1,
  policy: 'embedded',
  seed: 0,
  files: [
    {
      path: LONG,
      score: 0.8,
      functions: [
        { name: 'Cart.apply_discount', startLine: 10, endLine: 14, score: 0.6 },
        { name: `Outer.${'Inner.'.repeat(20)}method`, startLine: 100_000, endLine: 100_400, score: 0.2 },
      ],
      evidence: [
        {
          turn: 1,
          call: 0,
          tool: 'grep',
          asked: 'x',
          startLine: 10,
          endLine: 10,
          reason: 'defines it',
          text: 'def apply_discount(self, percent, rounding, currency, locale, clock, log):',
        },
        {
          turn: 1,
          call: 1,
          tool: 'grep',
          asked: 'y',
          startLine: 10,
          endLine: 10,
          reason: 'again',
          text: 'the same line',
        },
        {
          turn: 2,
          call: 0,
          tool: 'glob',
          asked: 'z',
          startLine: 1,
          endLine: 1,
          reason: 'its path names the cart',
          text: '',
        },
      ],
      commits: [
        {
          id: '0a1b2c3d4e5f',
          date: '2020-01-02',
          subject: 'Round discounts\u001b[2J down',
          reason: 'mentions discount; changed Cart.apply_discount',
        },
      ],
    },
    { path: 'evil\u001b[2J.py', score: 0.1, functions: [], evidence: [], commits: [] },
  ],
  candidates: {
    files: [
      { path: LONG, score: 0.8 },
      { path: 'shop/catalog.py', score: 0.4 },
      { path: 'shop/weak.py', score: 0.001 },
    ],
    functions: [{ path: 'shop/catalog.py', name: 'find_product', startLine: 4, endLine: 8, score: 0.1 }],
  },
  confidence: 0.83,
  stoppedBy: 'answer',
  stats: {
    turns: 3,
    calls: 9,
    breadth: [8, 1],
    efficiency: 0.7,
    redundancy: 0.1,
    bytesShown: 1,
    ms: { total: 1234, open: 1, policy: 2, tools: 3, check: 4 },
  },
  notices: [],
}

function grep(pattern: string): Call {
  return { tool: 'grep', arguments: { pattern } }
}

function styleOf(width: number): Style {
  return { colors: pc.createColors(false), link: plainText, width }
}

describe('renderAnswer', () => {
  it.each([40, 80, 120])('keeps every line within %i columns, and scores in one column', (width) => {
    const lines = renderAnswer(RESULT, styleOf(width)).split('\n')
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
    const scores = lines.filter((line) => / \d\.\d\d$/.test(line))
    expect(scores).toHaveLength(5)
    expect(new Set(scores.map((line) => line.length))).toHaveLength(1)
  })

  it('shows each line of evidence once, weak candidates only when asked, and no raw control character', () => {
    const text = renderAnswer(RESULT, styleOf(120))
    expect(text).not.toMatch(/again|weak\.py/)
    expect(text).toMatch(/find_product/)
    expect(text).toMatch(/0a1b2c3d 2020-01-02 {2}Round discounts\\u001b\[2J down {2}mentions discount; changed Cart/)
    expect(text).toMatch(/evil\\u001b\[2J\.py/)
    expect(text).toMatch(/●●●●○ 83% sure {2}3 turns · 9 calls · efficiency 70% · 1\.23 s/)
    expect(renderAnswer(RESULT, styleOf(120), 9)).toMatch(/weak\.py/)
    expect(renderAnswer(RESULT, styleOf(120), 0)).not.toMatch(/also possible/)
  })
})

describe('renderPlain', () => {
  it('is one place per line', () => {
    expect(renderPlain({ ...RESULT, files: RESULT.files.slice(1) }, 2)).toBe(
      `evil\\u001b[2J.py\tanswer\t0.83\n${LONG}\tcandidate\t0.80\nshop/catalog.py:4-8 find_product\tcandidate\t0.40\n`,
    )
  })
})

describe('places on a terminal', () => {
  it('name path and line each', () => {
    const text = renderAnswer({ ...RESULT, files: RESULT.files.slice(0, 1) }, styleOf(120))
    expect(text).toMatch(/^ {2}…?\S*cart\.py:10 /m)
    expect(text).toMatch(/Cart\.apply_discount {2}\S*cart\.py:10–14 /)
    expect(text).toMatch(/also possible, not part of the answer\n {4}shop\/catalog\.py:4 {2}find_product/)
  })

  it('are links only if the terminal supports them', () => {
    const stdout = { isTTY: true, columns: 100 } as NodeJS.WriteStream
    const shown = (env: NodeJS.ProcessEnv, root?: string): string =>
      styleOfTerminal({ stdout, env } as Terminal, root).link('cart.py:10', 'shop/a b.py', 10)
    const link = shown({ TERM_PROGRAM: 'vscode' }, '/repo')
    // oxlint-disable-next-line no-control-regex -- the sequence of a link
    expect(link).toMatch(/^\u001b\]8;;file:\/\/[^/]+\/repo\/shop\/a%20b\.py#10\u001b\\cart\.py:10\u001b\]8;;\u001b\\$/)
    for (const env of [
      {},
      { TERM_PROGRAM: 'vscode', TERM: 'dumb' },
      { VTE_VERSION: '5001' },
      { TERM_PROGRAM: 'vscode', TERM: 'tmux' },
    ])
      expect(shown(env, '/repo')).toBe('cart.py:10')
    expect(shown({ TERM_PROGRAM: 'vscode' })).toBe('cart.py:10')
  })
})

describe('createTurnsView', () => {
  it.each([40, 80, 120])('draws a turn within %i columns', async (width) => {
    const calls: Call[] = [
      ...['apply_discount', 'Cart', '\\b(?:def|class)\\s+(?:alpha|beta|gamma|delta|epsilon|zeta|eta|theta)'].map(grep),
      { tool: 'read_file', arguments: { path: LONG, startLine: 1, endLine: 200 } },
      ...Array.from({ length: 9 }, (_, index) => grep(`word${index}`)),
    ]
    const gains = calls.map((_, index) => index / calls.length)
    const entities = calls.map(() => ({ revealed: 1, fresh: 1 }))
    const turn: TurnRecord = {
      turn: 1,
      calls,
      cut: [],
      observations: [],
      gains,
      entities,
      callMs: [],
      bytes: 0,
      ms: { policy: 1, tools: 2 },
    }
    let text = ''
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        text += String(chunk)
        done()
      },
    })
    createTurnsView(stream as NodeJS.WriteStream, styleOf(width))({ kind: 'turn-finished', turn })
    expect(text.trimEnd().length).toBeLessThanOrEqual(width)
    expect(text).toMatch(/46% new +3 ms\n$/)
  })
})

describe('bar and duration', () => {
  it('draws eighths and chooses the unit', () => {
    expect([bar(0, 2), bar(0.5, 2), bar(1, 2), bar(0.0625, 2), bar(7, 2)]).toEqual(['  ', '█ ', '██', '▏ ', '██'])
    expect([duration(4.4), duration(999), duration(1_500)]).toEqual(['4 ms', '999 ms', '1.50 s'])
  })
})
