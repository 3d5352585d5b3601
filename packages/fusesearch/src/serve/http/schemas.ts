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
  .describe(
    'Folder to search, within a root of the server. A relative path starts at the first root, which is the default.',
  )
const whole = z.int().min(1).max(1_000)

/** Body of POST /v1/locate. */
export const locateRequest = z
  .strictObject({
    issue: z.string().describe('The full text of the issue, not a summary.'),
    repository,
    path: z.string().max(MAX_TEXT).optional().describe('Search only this folder of the repository.'),
    policy: z.enum(POLICIES).optional().describe('How to search. Default: embedded.'),
    seed: z.int().min(0).optional().describe('The same seed gives the same answer. Default: 0.'),
    includeTests: z.boolean().optional().describe('Rank tests like other files.'),
    maxTurns: whole.optional().describe('Maximum number of turns, including the one that answers.'),
    maxBreadth: whole.optional().describe('Maximum number of calls in a turn.'),
    deadlineMs: z.int().min(1).optional().describe('Return the best answer so far after this time, in milliseconds.'),
    trajectory: z
      .boolean()
      .optional()
      .describe(
        'In a stream, also send the calls as they begin and each line of the trajectory, with complete observations.',
      ),
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
          commits: z.array(commit).describe('Earlier commits about the same topic that changed the file.'),
        }),
      )
      .describe('The committed answer: short, best first.'),
    candidates: z
      .strictObject({
        files: z.array(z.strictObject({ path: z.string(), score })),
        functions: z.array(z.strictObject({ path: z.string(), name: z.string(), ...range, score })),
      })
      .describe('The ranking that the answer was taken from.'),
    confidence: z.number().min(0).max(1).describe('Estimated probability that the fix changes the first file.'),
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
    notices: z.array(z.string()).describe('Limits that shortened the result, each with the next step.'),
  })
  .describe('Where the code must change; every path and range was checked against the repository.')

/** Answer of GET /v1/roots. */
export const rootsResponse = z
  .strictObject({
    roots: z.array(z.string()).describe('Absolute paths of the folders that may be searched, with their sub-folders.'),
    editor: z
      .string()
      .nullable()
      .describe('Link template that opens a place in an editor, with {path} and {line}; null for none.'),
  })
  .describe('Where requests may search.')

/** Answer of POST /v1/search. */
export const searchResponse = z
  .strictObject({
    observations: z
      .array(z.looseObject({ ok: z.boolean(), tool: z.string(), bytes: count }))
      .describe(
        'One for each call, in the same order. A failed call has ok: false, a code and a message. A call that finds nothing has suggestions: similar names or paths that exist.',
      ),
    ms: z.number().min(0),
  })
  .describe('The results of the calls.')

/** Any answer that isn't a 200. */
export const problemResponse = z
  .strictObject({ error: z.strictObject({ code: z.string(), message: z.string() }) })
  .describe('Why the request was not served, and the next step.')

export type LocateRequest = z.infer<typeof locateRequest>
export type SearchRequest = z.infer<typeof searchRequest>
export type AskRequest = z.infer<typeof askRequest>
export type SymbolRequest = z.infer<typeof symbolRequest>
export type UsagesRequest = z.infer<typeof usagesRequest>
