import { z } from 'zod'
import {
  type AskedPlace,
  type AskResult,
  ask,
  findSymbols,
  findUsages,
  OCCURRENCE_KINDS,
  type QuestionOptions,
  type SymbolsResult,
  type UsagesResult,
} from '../ask/index.ts'

/** The look-ups that both servers offer besides `locate`: inputs without the repository, results, and functions. */
const MAX_NAME = 300
const MAX_TEXT = 10_000
/** Above the limit for questions, so that the question's own check refuses a long one with a clear message. */
const MAX_QUESTION = 1_100_000

const name = z.string().min(1).max(MAX_NAME)
const path = z.string().min(1).max(MAX_TEXT).optional().describe('A folder of the repository that narrows the search.')
const line = z.int().min(1)
const kinds = ['class', 'function', 'block'] as const
const occurrenceKinds = z.enum(OCCURRENCE_KINDS as [string, ...string[]])

/** With a backend: the repositories of the result. */
export const sources = z
  .array(
    z.strictObject({
      repository: z.string(),
      commit: z.string().nullable(),
      branch: z.string().nullable(),
      prefix: z.string().describe('What the paths of its files begin with.'),
    }),
  )
  .optional()
  .describe('Where a backend such as zoekt was searched: repositories of the result, each at its commit.')

export const symbolInput = z.strictObject({
  name: name.describe('A name, or the end of a qualified one: total, Cart.total, Cart::total.'),
  kinds: z.array(z.enum(kinds)).min(1).optional().describe('What the name may define; all when left out.'),
  ignoreCase: z.boolean().optional().describe('Upper and lower case match each other.'),
  path,
  limit: z.int().min(1).max(1_000).optional().describe('Definitions at most.'),
})

export const symbolOutput = z
  .strictObject({
    version: z.literal(1),
    name: z.string(),
    symbols: z
      .array(
        z.strictObject({
          path: z.string(),
          name: z.string(),
          kind: z.enum(kinds),
          startLine: line,
          nameLine: line,
          endLine: line,
          text: z.string().describe('The line that holds the name.'),
        }),
      )
      .describe('Types and functions before blocks, source before tests.'),
    omitted: z.int().min(0).describe('Definitions beyond the limit.'),
    suggestions: z.array(z.string()).describe('Where there is none: names that exist and come nearest.'),
    sources,
    notices: z.array(z.string()),
  })
  .describe('Where a name is defined.')

export const usagesInput = z.strictObject({
  name: name.describe('A name; of a qualified one the last part is looked for.'),
  kinds: z
    .array(occurrenceKinds)
    .min(1)
    .optional()
    .describe('Which occurrences; use, import and mention (in a file that no grammar reads) when left out.'),
  path,
  limit: z.int().min(1).max(5_000).optional().describe('Usages at most.'),
})

export const usagesOutput = z
  .strictObject({
    version: z.literal(1),
    name: z.string(),
    usages: z.array(
      z.strictObject({
        path: z.string(),
        line,
        column: line,
        kind: occurrenceKinds,
        inside: z.string().optional().describe('The function or type around it.'),
        text: z.string(),
      }),
    ),
    counts: z.record(occurrenceKinds, z.int().min(0)).describe('All occurrences by kind, whatever was asked for.'),
    omitted: z.int().min(0).describe('Usages beyond the limit.'),
    suggestions: z.array(z.string()).describe('Where there is none: names that exist and come nearest.'),
    sources,
    notices: z.array(z.string()),
  })
  .describe('Where a name is used.')

export const askInput = z.strictObject({
  question: z
    .string()
    .min(1)
    .max(MAX_QUESTION)
    .describe('What you want to know of the code, as a question or a few words.'),
  path,
  globs: z
    .array(z.string().min(1).max(1_000))
    .max(50)
    .optional()
    .describe('Path patterns; one with ! takes files away.'),
  limit: z.int().min(1).max(20).optional().describe('Places at most. Default: 5.'),
  tokens: z.int().min(0).max(40_000).optional().describe('Tokens for the code of the places. Default: 2000.'),
})

const part = z.strictObject({ startLine: line, endLine: line, text: z.string() })

export const askOutput = z
  .strictObject({
    version: z.literal(1),
    question: z.string(),
    places: z
      .array(
        z.strictObject({
          path: z.string(),
          kind: z.enum([...kinds, 'lines']),
          name: z.string(),
          role: z.string(),
          startLine: line,
          endLine: line,
          score: z.number(),
          reason: z.string(),
          snippet: z
            .strictObject({
              form: z.enum(['code', 'head', 'whole']),
              parts: z.array(part),
              tokens: z.int().min(0),
            })
            .optional()
            .describe('The code: whole, without its docstring, or its head.'),
        }),
      )
      .describe('A reading list, best first.'),
    sources,
    notices: z.array(z.string()),
    stats: z.strictObject({
      filesRead: z.int().min(0),
      calls: z.int().min(0),
      tokens: z.int().min(0),
      ms: z.number().min(0),
    }),
  })
  .describe('What to read to answer a question.')

/** The results of the look-ups, by name. */
export interface LookupResults {
  readonly symbol: SymbolsResult
  readonly usages: UsagesResult
  readonly ask: AskResult
}

/** Runs a look-up in a place. Throws what the room `ask` throws. */
export const LOOKUPS = {
  symbol: (input: z.infer<typeof symbolInput>, place: AskedPlace) => findSymbols(withDefined({ ...place, ...input })),
  usages: (input: z.infer<typeof usagesInput>, place: AskedPlace) =>
    findUsages(withDefined({ ...place, ...input }) as Parameters<typeof findUsages>[0]),
  ask: (input: z.infer<typeof askInput>, place: AskedPlace & Pick<QuestionOptions, 'encoder'>) =>
    ask(withDefined({ ...place, ...input })),
} as const

/** Removes undefined keys, which zod keeps and our option types don't allow. */
function withDefined<T extends object>(options: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const defined = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(defined) as { [K in keyof T]: Exclude<T[K], undefined> }
}
