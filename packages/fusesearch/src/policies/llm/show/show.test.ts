import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Call, type GrepLine, type Observation, renderObservation } from '../../../search/index.ts'
import { Knowledge } from '../knowledge.ts'
import { createTokenEstimate } from '../spending.ts'
import { cutTo } from './cut.ts'
import { ShownLines } from './hide.ts'
import { nearestNames, nearestPaths } from './nearest.ts'
import { type ShowContext, showTurn } from './show-turn.ts'

const totals = { files: 9, lines: 9, occurrences: 9 }

function withBytes<T extends Observation>(observation: T): T {
  return { ...observation, bytes: Buffer.byteLength(renderObservation(observation)) }
}

function read(path: string, from: number, texts: readonly string[]): Observation {
  const lines = texts.map((text, index) => ({ line: from + index, text }))
  return withBytes({ ok: true, tool: 'read_file', path, lines, totalLines: 99, notices: [], bytes: 0 })
}

function grep(path: string, lines: readonly GrepLine[]): Observation {
  return withBytes({ ok: true, tool: 'grep', mode: 'content', files: [{ path, lines }], totals, notices: [], bytes: 0 })
}

const READ: Call = { tool: 'read_file', arguments: { path: 'a' } }

function contextWith(options: Partial<ShowContext['options']> = {}): ShowContext {
  const all = {
    maxTokensPerCall: 4_000,
    maxTokensPerTurn: 12_000,
    hideShownLines: true,
    novelty: false,
    foldAfterTurns: null,
  }
  return {
    options: { ...all, ...options },
    estimate: createTokenEstimate(),
    shown: new ShownLines(),
    knowledge: new Knowledge(),
  }
}

/** The rows `path, line, text` in a shown text. */
function visibleRows(text: string): Set<string> {
  const rows = new Set<string>()
  let path = ''
  for (const row of text.split('\n')) {
    const [, line, shown] = /^(\d+)[:-](.*)$/.exec(row) ?? []
    if (line === undefined) path = /^(\w+\.py)(?: \(|$)/.exec(row)?.[1] ?? path
    else rows.add(`${path}\n${line}\n${shown}`)
  }
  return rows
}

/** Two versions of each line: unchanged, and cut by another limit. */
const observation = fc.oneof(
  fc
    .record({
      path: fc.constantFrom('a.py', 'b.py'),
      from: fc.integer({ min: 1, max: 20 }),
      count: fc.integer({ min: 0, max: 15 }),
      version: fc.boolean(),
    })
    .map(({ path, from, count, version }) =>
      read(
        path,
        from,
        Array.from({ length: count }, (_, index) => lineText(from + index, version)),
      ),
    ),
  fc
    .record({
      path: fc.constantFrom('a.py', 'b.py'),
      lines: fc.uniqueArray(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 12 }),
      version: fc.boolean(),
      match: fc.integer({ min: 1, max: 4 }),
    })
    .map(({ path, lines, version, match }) =>
      grep(
        path,
        lines
          .toSorted((a, b) => a - b)
          .map((line) => ({ line, text: lineText(line, version), isMatch: line % match === 0 })),
      ),
    ),
)

function lineText(line: number, isCut: boolean): string {
  return `value_${line} = compute(${line})${isCut ? '' : ' + some_longer_expression_that_a_limit_may_cut'}`
}

describe('what stands above is not shown again', () => {
  it('hides no line that was not shown in the same form', () => {
    const turns = fc.array(fc.array(observation, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 })
    const budgets = fc.record({
      maxTokensPerCall: fc.integer({ min: 100, max: 600 }),
      maxTokensPerTurn: fc.integer({ min: 100, max: 900 }),
    })
    fc.assert(
      fc.property(turns, budgets, (run, budget) => {
        const context = contextWith(budget)
        const seen = new Set<string>()
        for (const [index, observations] of run.entries()) {
          const shown = showTurn(index + 1, { calls: observations.map(() => READ), observations }, context)
          for (const [call, { text, isCut }] of shown.entries()) {
            const rows = visibleRows(text)
            for (const row of isCut ? [] : rowsOf(observations[call]))
              expect(rows.has(row) || seen.has(row), `${row} in\n${text}`).toBe(true)
            for (const row of rows) seen.add(row)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('names matches that it hides, and shows a line again whose text was cut otherwise', () => {
    const context = contextWith()
    const texts = [1, 2, 3, 4].map((line) => lineText(line, false))
    showTurn(1, { calls: [READ], observations: [read('a.py', 1, texts)] }, context)
    const rows = texts.map((text, index) => ({
      line: index + 1,
      text: index === 2 ? text.slice(0, 30) : text,
      isMatch: index > 0,
    }))
    const [shown] = showTurn(2, { calls: [READ], observations: [grep('a.py', rows)] }, context)
    expect(shown?.text).toContain('[a.py, shown before: matches 2, 4 in turn 1, call 1.]')
    expect(shown?.text).toContain(`3:${lineText(3, false).slice(0, 30)}\n`)
    expect(shown?.hiddenLines).toBe(3)
  })

  it('forgets what was folded away', () => {
    const context = contextWith()
    const observations = [
      read(
        'a.py',
        1,
        [1, 2, 3, 4].map((line) => lineText(line, false)),
      ),
    ]
    showTurn(1, { calls: [READ], observations }, context)
    context.shown.forget(1)
    expect(showTurn(2, { calls: [READ], observations }, context)[0]?.hiddenLines).toBe(0)
  })
})

function rowsOf(from: Observation | undefined): readonly string[] {
  if (!from?.ok) return []
  if (from.tool === 'read_file') return from.lines.map(({ line, text }) => `${from.path}\n${line}\n${text}`)
  if (from.tool !== 'grep' || from.mode !== 'content') return []
  return from.files.flatMap(({ path, lines }) => lines.map(({ line, text }) => `${path}\n${line}\n${text}`))
}

/** A grep that found so many lines of 50 characters in each of its files. */
function matchesOf(counts: readonly number[]): Observation {
  const files = counts.map((count, index) => ({
    path: `f${index}.py`,
    lines: Array.from({ length: count }, (_, line) => ({ line: line + 1, text: 'x'.repeat(50), isMatch: true })),
  }))
  return withBytes({ ok: true, tool: 'grep', mode: 'content', totals, notices: [], bytes: 0, files })
}

describe('a budget', () => {
  it('cuts with the call that shows the rest', () => {
    const long = Array.from({ length: 100 }, (_, index) => `line ${index + 1}`)
    const cut = cutTo(
      read('src/a.py', 1, long),
      { tool: 'read_file', arguments: { path: 'src/a.py', endLine: 100 } },
      300,
    )
    expect(cut.row).toMatch(
      /^\[\d+ more lines did not fit. To see the rest: read_file \{"path":"src\/a.py","startLine":\d+,"endLine":100\}\]$/,
    )
    const paths = Array.from({ length: 30 }, (_, index) => `src/p${index % 3}/f${index}.py`).toSorted()
    const glob = withBytes({ ok: true, tool: 'glob', paths, total: 30, notices: [], bytes: 0 })
    const { row } = cutTo(glob, { tool: 'glob', arguments: { patterns: ['*.py'] } }, 260)
    expect(row).toBe('[11 more files did not fit. To see the rest: glob {"patterns":["src/p1/","src/p2/"]}]')
    const call: Call = { tool: 'grep', arguments: { pattern: 'x', word: true } }
    expect(cutTo(matchesOf([3, 3]), call, 75).row?.split('\n')).toEqual([
      '[More matches in 1 of these files did not fit.]',
      '[1 more file did not fit.]',
    ])
    expect(cutTo(matchesOf(Array.from({ length: 30 }, () => 3)), call, 1_820).row?.split('\n')).toEqual([
      '[More matches in 28 of these files did not fit. To see the rest: read_file {"path":"f0.py","startLine":2}]',
      '[2 more files did not fit. To see the rest: grep {"pattern":"x","word":true,"globs":["f28.py","f29.py"]}]',
    ])
  })

  it('shows a line of each file before more of the first', () => {
    const { observation: kept, row } = cutTo(matchesOf([1, 2, 3]), { tool: 'grep', arguments: { pattern: 'x' } }, 270)
    expect(rowsOf(kept).map((text) => text.replace(/\nx+$/, ''))).toEqual([
      'f0.py\n1',
      'f1.py\n1',
      'f1.py\n2',
      'f2.py\n1',
    ])
    expect(row).toBe(
      '[More matches in 1 of these files did not fit. To see the rest: read_file {"path":"f2.py","startLine":2}]',
    )
  })

  it('leaves room for what was found where it is small: no long call for the rest', () => {
    const paths = Array.from(
      { length: 12 },
      (_, index) => `a/very/long/folder/name/of/its/own/${index}/f.py`,
    ).toSorted()
    const glob = withBytes({ ok: true, tool: 'glob', paths, total: 12, notices: [], bytes: 0 })
    const context = contextWith({ maxTokensPerCall: 100, maxTokensPerTurn: 100 })
    const call: Call = { tool: 'glob', arguments: { patterns: ['*.py'] } }
    const [shown] = showTurn(1, { calls: [call], observations: [glob] }, context)
    expect(shown?.text).toMatch(/^\[turn 1, call 1\](?:\na\/very\S+){5,6}\n\[\d more files did not fit\.\]$/)
    expect(context.estimate.of(shown?.text ?? '')).toBeLessThanOrEqual(100)
  })

  it('shares a turn: what small results leave, large ones get', () => {
    const context = contextWith({ maxTokensPerCall: 2_000, maxTokensPerTurn: 2_200 })
    const big = (path: string) =>
      read(
        path,
        1,
        Array.from({ length: 400 }, (_, index) => lineText(index, false)),
      )
    const observations = [read('a.py', 1, ['one']), big('b.py'), big('c.py')]
    const shown = showTurn(1, { calls: [READ, READ, READ], observations }, context)
    expect(shown.map(({ isCut }) => isCut)).toEqual([false, true, true])
    const tokens = shown.map(({ text }) => context.estimate.of(text))
    expect(tokens.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(2_200)
    expect(Math.min(...tokens.slice(1))).toBeGreaterThan(800)
  })
})

describe('help on a miss', () => {
  it('ranks names by letters and by words in common', () => {
    expect(nearestNames('aply_discount', ['apply_discount', 'total', 'discount_apply', 'discount'])).toEqual([
      'apply_discount',
      'discount',
    ])
    expect(nearestPaths('lib/cart.py', ['shop/cart.py', 'shop/carts.py', 'shop/mail.py'])).toEqual([
      'shop/cart.py',
      'shop/carts.py',
    ])
  })
})
