import { z } from 'zod'
import { ALL_TOOLS } from '../../search/index.ts'
import { askInput, sources, symbolInput, usagesInput } from '../lookups.ts'

/** Most calls of one turn. */
export const MAX_CALLS = 32
const MAX_TEXT = 10_000

export const POLICIES = ['embedded', 'sequential', 'fixed-breadth'] as const

/** The field that all requests share. */
export const repository = z
  .string()
  .max(MAX_TEXT)
  .optional()
  .describe('Folder to search, under a root of the server; relative ones are seen from the first root. Default: it.')
const whole = z.int().min(1).max(1_000)

/** Body of POST /v1/locate. */
export const locateRequest = z
  .strictObject({
    issue: z.string().describe('The text of the issue; whole, not a summary.'),
    repository,
    path: z.string().max(MAX_TEXT).optional().describe('A folder of the repository that narrows the search.'),
    policy: z.enum(POLICIES).optional().describe('How to search. Default: embedded.'),
    seed: z.int().min(0).optional().describe('Equal seeds give equal answers. Default: 0.'),
    includeTests: z.boolean().optional().describe('Rank tests like other files.'),
    maxTurns: whole.optional().describe('Turns at most, the answering one included.'),
    maxBreadth: whole.optional().describe('Calls a turn at most.'),
    deadlineMs: z.int().min(1).optional().describe('Take the best answer after this time.'),
    trajectory: z
      .boolean()
      .optional()
      .describe('In a stream, tell each line of the trajectory too, with whole observations, as events "trajectory".'),
  })
  .describe('What to localize, and how.')

/** Body of POST /v1/search. */
export const searchRequest = z
  .strictObject({
    repository,
    calls: z
      .array(z.strictObject({ tool: z.string().max(100), arguments: z.unknown() }))
      .min(1)
      .max(MAX_CALLS)
      .describe('Calls of grep, glob, read_file and history; they run together.'),
  })
  .describe('Calls to run in one fused turn.')

/** Bodies of POST /v1/ask, /v1/symbol and /v1/usages. */
export const askRequest = askInput.extend({ repository }).describe('A question about the code.')
export const symbolRequest = symbolInput.extend({ repository }).describe('A name whose definitions are wanted.')
export const usagesRequest = usagesInput.extend({ repository }).describe('A name whose uses are wanted.')

const range = { startLine: z.int().min(1), endLine: z.int().min(0) }
const score = z.number()
const namedRange = z.strictObject({ name: z.string(), ...range, score })
const evidence = z.strictObject({
  turn: z.int().min(1),
  call: z.int().min(0),
  tool: z.enum(ALL_TOOLS),
  asked: z.string(),
  startLine: z.int().min(0),
  endLine: z.int().min(0),
  reason: z.string(),
  text: z.string(),
})
const commit = z.strictObject({ id: z.string(), date: z.string(), subject: z.string(), reason: z.string() })
const count = z.int().min(0)
const ms = z.number().min(0)

/** Answer of POST /v1/locate. */
export const locateResponse = z
  .strictObject({
    version: z.literal(1),
    policy: z.string(),
    seed: count,
    files: z
      .array(
        z.strictObject({
          path: z.string(),
          score,
          functions: z.array(namedRange),
          evidence: z.array(evidence),
          commits: z.array(commit).describe('Earlier commits about the same that changed the file.'),
        }),
      )
      .describe('The committed answer: short, best first.'),
    candidates: z
      .strictObject({
        files: z.array(z.strictObject({ path: z.string(), score })),
        functions: z.array(z.strictObject({ path: z.string(), name: z.string(), ...range, score })),
      })
      .describe('The ranking behind it.'),
    confidence: z.number().min(0).max(1).describe('How sure the policy is that the first file is right.'),
    stoppedBy: z.string(),
    stats: z.strictObject({
      turns: count,
      calls: count,
      breadth: z.array(count),
      efficiency: z.number().nullable(),
      redundancy: z.number().nullable(),
      bytesShown: count,
      ms: z.strictObject({ total: ms, open: ms, policy: ms, tools: ms, check: ms }),
    }),
    sources,
    notices: z.array(z.string()).describe('Limits that cut the result, each with the next step.'),
  })
  .describe('Where the code must change; every path and range was checked against the repository.')

/** Answer of GET /v1/roots. */
export const rootsResponse = z
  .strictObject({
    roots: z.array(z.string()).describe('Absolute folders that may be searched, and what lies in them.'),
    editor: z.string().nullable().describe('Address that opens a place, with {path} and {line}; null for none.'),
  })
  .describe('Where requests may search.')

/** Answer of POST /v1/search. */
export const searchResponse = z
  .strictObject({
    observations: z
      .array(z.looseObject({ ok: z.boolean(), tool: z.string(), bytes: count }))
      .describe(
        'One for each call, in their order; a failed call has ok: false, a code and a message. A miss has suggestions: what exists and comes nearest.',
      ),
    ms: z.number().min(0),
  })
  .describe('What the calls showed.')

/** Any answer that isn't a 200. */
export const problemResponse = z
  .strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) })
  .describe('Why the request was not served, and the next step.')

export type LocateRequest = z.infer<typeof locateRequest>
export type SearchRequest = z.infer<typeof searchRequest>
export type AskRequest = z.infer<typeof askRequest>
export type SymbolRequest = z.infer<typeof symbolRequest>
export type UsagesRequest = z.infer<typeof usagesRequest>
