import { z } from 'zod'
import { MAX_HEAD_COMMITS } from './history/search.ts'
import type { Call, ToolName } from './tool.ts'

const MAX_TEXT = 10_000
const MAX_GLOBS = 50

const lines = z.int().min(1).max(1_000_000_000)
const headLimit = z.int().min(1).max(1_000_000)
const globs = z.array(z.string().min(1).max(1_000)).max(MAX_GLOBS)

/** Arguments of `grep`, as a model gives them. */
const grepSchema = z
  .strictObject({
    pattern: z.string().max(MAX_TEXT).describe('Rust regular expression.'),
    mode: z
      .enum(['content', 'paths', 'counts'])
      .optional()
      .describe('content (default): lines; paths: files; counts: occurrences in each file.'),
    context: z.int().min(0).max(100).optional().describe('Lines around each match.'),
    ignoreCase: z.boolean().optional(),
    word: z.boolean().optional().describe('Whole words only.'),
    literal: z.boolean().optional().describe('The pattern is plain text.'),
    globs: globs.optional().describe('Path patterns that narrow the files; ! before one leaves files out.'),
    headLimit: headLimit.optional().describe('The most lines or files.'),
  })
  .describe('Searches file contents.')

/** Arguments of `glob`, as a model gives them. */
const globSchema = z
  .strictObject({
    patterns: globs
      .min(1)
      .describe(
        '`*.py` at any depth, `src/**/models.py` a whole path, `src/db/` a folder; ! before one leaves files out.',
      ),
    ignoreCase: z.boolean().optional(),
    headLimit: headLimit.optional(),
  })
  .describe('Lists files by path patterns.')

/** Arguments of `read_file`, as a model gives them. */
const readFileSchema = z
  .strictObject({
    path: z.string().min(1).max(MAX_TEXT).describe('As glob and grep show it.'),
    startLine: lines.optional().describe('First line, from 1.'),
    endLine: lines.optional().describe('Last line, included.'),
  })
  .refine((read) => (read.startLine ?? 1) <= (read.endLine ?? Number.POSITIVE_INFINITY), {
    message: 'endLine is before startLine',
    path: ['endLine'],
  })
  .describe('Reads a file or a range of its lines.')

/** Arguments of `history`, as a model gives them. */
const historySchema = z
  .strictObject({
    query: z
      .string()
      .min(1)
      .max(MAX_TEXT)
      .describe('Words, names, #123, commit ids: any may match, rare ones count more.'),
    headLimit: z.int().min(1).max(MAX_HEAD_COMMITS).optional().describe('The most commits; 20 when left out.'),
  })
  .describe('Searches the messages of earlier commits.')

/** The schema of each tool. */
const TOOL_SCHEMAS = { grep: grepSchema, glob: globSchema, read_file: readFileSchema, history: historySchema } as const

/** JSON Schema of a tool's arguments. */
export function toJsonSchema(tool: ToolName): unknown {
  return z.toJSONSchema(TOOL_SCHEMAS[tool])
}

/** Checks arguments for a tool: the call, or what is wrong with them. */
export function checkArguments(tool: ToolName, given: unknown): Call | { readonly problem: string } {
  const checked = TOOL_SCHEMAS[tool].safeParse(given)
  if (!checked.success) return { problem: describeIssues(checked.error) }
  return { tool, arguments: withoutUndefined(checked.data) } as Call
}

function describeIssues(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ')
}

/** Removes undefined: an optional property that is present has a value. */
function withoutUndefined(data: object): object {
  return Object.fromEntries(Object.entries(data).filter(([, value]) => value !== undefined))
}
