import { jsonLine } from '../../packages/fusesearch/src/core/index.ts'

/** The header of the first trajectories, without later fields. */
export const FIRST_HEADER = {
  kind: 'header',
  schema: 'fusesearch-trajectory',
  version: 1,
  tool: { name: 'fusesearch', version: '0.0.1' },
  limits: {
    maxLinesPerCall: 100,
    maxBytesPerCall: 1_000,
    maxBytesPerRun: 4_000_000,
    maxLineLength: 500,
    maxFileBytes: 1_000,
    callTimeoutMs: 10_000,
  },
  repository: { name: 'shop', commit: 'c0ffee' },
  full: true,
  issue: 'Cart.apply_discount rounds down every price.',
  policy: 'scripted',
  seed: 0,
  budget: { maxTurns: 6, maxBreadth: 8, maxBytes: 4_000_000, deadlineMs: null },
} as const

/** A call, its result, and how much of it was new. */
export interface ToldCall {
  readonly call: { readonly tool: string; readonly arguments: object }
  readonly observation: object
  readonly gain?: number
  readonly ms?: number
}

/** A turn line with the digests of its observations unless given. */
export function turnLine(turn: number, told: readonly ToldCall[]): object {
  return {
    kind: 'turn',
    turn,
    calls: told.map(({ call }) => call),
    cut: [],
    digests: told.map(({ call }) => ({
      ok: true,
      tool: call.tool,
      shown: { files: 1, lines: 1 },
      total: { files: 1, lines: 1 },
      bytes: 10,
      notices: [],
    })),
    observations: told.map(({ observation }) => observation),
    gains: told.map(({ gain = 1 }) => gain),
    entities: told.map(({ gain = 1 }) => ({ revealed: 4, fresh: Math.round(4 * gain) })),
    callMs: told.map(({ ms = 5 }) => ms),
    bytes: 10 * told.length,
    ms: { policy: 2, tools: 10 },
  }
}

/** A call that reads lines of a file from the first on. */
export function reading(path: string, lines: readonly string[]): ToldCall {
  const shown = lines.map((text, index) => ({ line: index + 1, text }))
  return {
    call: { tool: 'read_file', arguments: { path } },
    observation: { ok: true, tool: 'read_file', path, lines: shown, totalLines: lines.length, notices: [], bytes: 10 },
  }
}

/** A grep for lines; `lines` pairs a line's number with its text. */
export function grepping(pattern: string, path: string, lines: readonly (readonly [number, string])[]): ToldCall {
  const files = [{ path, lines: lines.map(([line, text]) => ({ line, text, isMatch: true })) }]
  const totals = { files: 1, lines: lines.length, occurrences: lines.length }
  return {
    call: { tool: 'grep', arguments: { pattern } },
    observation: { ok: true, tool: 'grep', mode: 'content', files, totals, notices: [], bytes: 10 },
  }
}

/** The end of a run that answers one function, found by the first call. */
export function endLine(path: string, name: string): object {
  const range = { startLine: 1, endLine: 2 }
  const functions = [{ name, ...range, score: 1 }]
  return {
    kind: 'end',
    answer: {
      files: [{ path, score: 1, functions, evidence: [{ turn: 1, call: 0, ...range, reason: 'defines it' }] }],
      candidates: { files: [{ path, score: 1 }], functions: [{ path, ...functions[0] }] },
      confidence: 0.75,
    },
    stoppedBy: 'answer',
    answeredBy: 'next',
    failure: null,
    stats: {
      turns: 2,
      calls: 1,
      breadth: [1],
      cutCalls: 0,
      efficiency: 0.5,
      redundantCalls: 0,
      redundancy: 0,
      bytesShown: 10,
      ms: { total: 20, policy: 2, tools: 10 },
    },
  }
}

/** The text of a trajectory file; a changed header replaces fields of the first version. */
export function trajectoryText(turns: readonly object[], end: object | null, header: object = {}): string {
  const lines = [{ ...FIRST_HEADER, ...header }, ...turns, ...(end === null ? [] : [end])]
  return lines.map((line) => jsonLine(line)).join('')
}
