import { z } from 'zod'
import type { Call, Observation, ToolLimits } from '../search/index.ts'
import type { ObservationDigest } from './digest.ts'
import type { Answer, ModelUse } from './policy.ts'
import type { RunStats } from './run.ts'
import {
  TRAJECTORY_SCHEMA,
  TRAJECTORY_VERSION,
  type TrajectoryEnd,
  type TrajectoryHeader,
  type TrajectoryLine,
  type TrajectoryTurn,
} from './trajectory.ts'

// The schema of what `trajectory.ts` types. Imported only where a trajectory is read: loading it costs 0.1 s.

const count = z.int().min(0)
const line = z.int().min(1)
const share = z.number().min(0).max(1)
const ms = z.number().min(0)
const text = z.string()
const tool = z.enum(['grep', 'glob', 'read_file', 'history'])
const mode = z.enum(['content', 'paths', 'counts'])

const call: z.ZodType<Call> = z.discriminatedUnion('tool', [
  z.object({
    tool: z.literal('grep'),
    arguments: z.object({
      pattern: text,
      mode: mode.exactOptional(),
      context: z.number().exactOptional(),
      ignoreCase: z.boolean().exactOptional(),
      word: z.boolean().exactOptional(),
      literal: z.boolean().exactOptional(),
      globs: z.array(text).exactOptional(),
      headLimit: z.number().exactOptional(),
    }),
  }),
  z.object({
    tool: z.literal('glob'),
    arguments: z.object({
      patterns: z.array(text),
      ignoreCase: z.boolean().exactOptional(),
      headLimit: z.number().exactOptional(),
    }),
  }),
  z.object({
    tool: z.literal('read_file'),
    arguments: z.object({
      path: text,
      startLine: z.number().exactOptional(),
      endLine: z.number().exactOptional(),
    }),
  }),
  z.object({
    tool: z.literal('history'),
    arguments: z.object({ query: text, headLimit: z.number().exactOptional() }),
  }),
])

const notice = z.object({
  limit: z.enum([
    'callBytes',
    'callLines',
    'fileLines',
    'fileSize',
    'headLimit',
    'history',
    'lineLength',
    'moved',
    'pattern',
    'runBytes',
    'unreached',
  ]),
  message: text,
})

const historyLines = z.array(z.object({ startLine: line, endLine: line, commit: text, score: share }))
const suggestions = z.array(text).exactOptional()
const shown = { ok: z.literal(true), notices: z.array(notice), suggestions, bytes: count }
const totals = z.object({ files: count, lines: count, occurrences: count })
const shownLine = { line, text }
const failed = z.object({
  ok: z.literal(false),
  tool,
  code: z.enum([
    'aborted',
    'bad-arguments',
    'bad-pattern',
    'binary-file',
    'not-a-file',
    'not-found',
    'outside-repository',
    'over-budget',
    'timed-out',
    'too-large',
    'unavailable',
    'unreadable',
  ]),
  message: text,
  suggestions,
  bytes: count,
})

const observation: z.ZodType<Observation> = z.union([
  z.object({
    ...shown,
    tool: z.literal('grep'),
    mode: z.literal('content'),
    files: z.array(z.object({ path: text, lines: z.array(z.object({ ...shownLine, isMatch: z.boolean() })) })),
    totals,
  }),
  z.object({ ...shown, tool: z.literal('grep'), mode: z.literal('paths'), paths: z.array(text), totals }),
  z.object({
    ...shown,
    tool: z.literal('grep'),
    mode: z.literal('counts'),
    counts: z.array(z.object({ path: text, count })),
    totals,
  }),
  z.object({ ...shown, tool: z.literal('glob'), paths: z.array(text), total: count }),
  z.object({
    ...shown,
    tool: z.literal('read_file'),
    path: text,
    lines: z.array(z.object(shownLine)),
    totalLines: count,
  }),
  z.object({
    ...shown,
    tool: z.literal('history'),
    commits: z.array(
      z.object({
        id: text,
        date: text,
        subject: text,
        score: z.number(),
        paths: z.array(text),
        changed: count.nullable(),
      }),
    ),
    paths: z.array(z.object({ path: text, score: share, lines: historyLines.exactOptional() })),
    total: count,
  }),
  failed,
])

const amount = z.object({ files: count, lines: count })
const digest: z.ZodType<ObservationDigest> = z.union([
  z.object({ ...shown, tool, mode: mode.exactOptional(), shown: amount, total: amount }),
  failed,
])

const limits: z.ZodType<ToolLimits> = z.object({
  maxLinesPerCall: count,
  maxBytesPerCall: count,
  maxBytesPerRun: count,
  maxLineLength: count,
  maxFileBytes: count,
  callTimeoutMs: ms,
  suggestions: count.exactOptional(),
})

const header: z.ZodType<TrajectoryHeader> = z.object({
  kind: z.literal('header'),
  schema: z.literal(TRAJECTORY_SCHEMA),
  version: z.literal(TRAJECTORY_VERSION),
  tool: z.object({ name: text, version: text }),
  limits,
  repository: z.object({ name: text.exactOptional(), commit: text.exactOptional() }),
  full: z.boolean(),
  issue: text,
  policy: text,
  settings: z.record(text, z.union([text, z.number(), z.boolean(), z.null()])).exactOptional(),
  seed: z.number(),
  tools: z.array(tool).exactOptional(),
  budget: z.object({ maxTurns: line, maxBreadth: line, maxBytes: line, deadlineMs: ms.nullable() }),
})

const model: z.ZodType<ModelUse> = z.object({
  requests: count,
  inputTokens: count,
  outputTokens: count,
  cachedTokens: count.nullable(),
  isEstimated: z.boolean(),
  cost: z.number().min(0).nullable(),
  ms,
  retries: count,
})
const report = { notes: z.array(text).exactOptional(), model: model.exactOptional() }

const turn: z.ZodType<TrajectoryTurn> = z.object({
  kind: z.literal('turn'),
  turn: line,
  calls: z.array(call),
  cut: z.array(call),
  digests: z.array(digest),
  observations: z.array(observation).exactOptional(),
  gains: z.array(share),
  entities: z.array(z.object({ revealed: count, fresh: count })),
  callMs: z.array(ms.nullable()),
  bytes: count,
  ms: z.object({ policy: ms, tools: ms }),
  ...report,
})

const range = { startLine: line, endLine: line }
const answeredFunction = { name: text, ...range, score: z.number() }
const answer: z.ZodType<Answer> = z.object({
  files: z.array(
    z.object({
      path: text,
      score: z.number(),
      functions: z.array(z.object(answeredFunction)),
      evidence: z.array(z.object({ turn: line, call: count, ...range, reason: text })),
    }),
  ),
  candidates: z.object({
    files: z.array(z.object({ path: text, score: z.number() })),
    functions: z.array(z.object({ path: text, ...answeredFunction })),
  }),
  confidence: z.number(),
})

const stats: z.ZodType<RunStats> = z.object({
  turns: count,
  calls: count,
  breadth: z.array(count),
  cutCalls: count,
  efficiency: share.nullable(),
  redundantCalls: count,
  redundancy: share.nullable(),
  bytesShown: count,
  ms: z.object({ total: ms, policy: ms, tools: ms }),
  model: model.exactOptional(),
})

const end: z.ZodType<TrajectoryEnd> = z.object({
  kind: z.literal('end'),
  answer,
  stoppedBy: z.enum(['answer', 'turns', 'deadline', 'no-calls', 'policy-failed']),
  answeredBy: z.enum(['next', 'answerNow']),
  failure: z.object({ code: text, message: text }).nullable(),
  ...report,
  stats,
})

/** The schema of each kind of line. */
export const LINE_SCHEMAS: { readonly [K in TrajectoryLine['kind']]: z.ZodType<Extract<TrajectoryLine, { kind: K }>> } =
  { header, turn, end }
