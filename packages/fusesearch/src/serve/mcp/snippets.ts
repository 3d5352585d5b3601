import type { Workspace } from '../../search/index.ts'
import { type Call, MODEL_LIMITS } from '../../search/index.ts'
import { firstLines, TOKEN_BYTES } from './budget.ts'
import type { LocateOutput } from './schemas.ts'

/** Source text of one place, cut at the budget or the line limit. */
export interface Snippet {
  readonly path: string
  readonly startLine: number
  readonly endLine: number
  readonly text: string
  /** The place's first line that was left out, if any. */
  readonly omittedFrom?: number
  /** The last line of the place. */
  readonly lastLine: number
}

const MAX_SNIPPETS = 16
const MAX_SNIPPET_LINES = 80
/** Lines shown around evidence in a file without a located function. */
const AROUND_EVIDENCE = 5
/** Bytes of a snippet besides its text, including the lines around its block. */
const SNIPPET_FRAME_BYTES = 70

interface Range {
  readonly path: string
  readonly startLine: number
  readonly endLine: number
}

/** What to read. */
interface SnippetRequest {
  /** Their paths start with the prefix; the workspace's own paths don't. */
  readonly files: LocateOutput['files']
  readonly prefix: string
  readonly tokens: number
  readonly signal: AbortSignal
}

/** Reads the places of an answer in order, as many as the tokens allow. */
export async function readSnippets(
  workspace: Workspace,
  { files, prefix, tokens, signal }: SnippetRequest,
): Promise<readonly Snippet[]> {
  if (tokens === 0) return []
  const ranges = files.filter(({ isAnswer }) => isAnswer).flatMap(rangesOf)
  const shown = ranges.slice(0, MAX_SNIPPETS)
  const calls = shown.map(({ path, startLine, endLine }): Call => {
    const last = Math.min(endLine, startLine + MAX_SNIPPET_LINES - 1)
    return { tool: 'read_file', arguments: { path: path.slice(prefix.length), startLine, endLine: last } }
  })
  const turn = await workspace.runTurn(calls, { limits: MODEL_LIMITS, bytesLeft: MODEL_LIMITS.maxBytesPerRun, signal })
  let bytesLeft = tokens * TOKEN_BYTES
  const snippets: Snippet[] = []
  for (const [index, range] of shown.entries()) {
    const observation = turn.observations[index]
    // Skip a file that was deleted or became shorter since the answer.
    if (observation?.ok !== true || observation.tool !== 'read_file') continue
    const whole = observation.lines.map(({ text }) => text)
    const { text, left } = firstLines(whole.join('\n'), bytesLeft - SNIPPET_FRAME_BYTES)
    const count = whole.length - left
    bytesLeft -= Buffer.byteLength(JSON.stringify(text)) + SNIPPET_FRAME_BYTES
    const endLine = range.startLine + count - 1
    const isCut = endLine < Math.min(range.endLine, observation.totalLines)
    snippets.push({
      path: range.path,
      startLine: range.startLine,
      endLine: Math.max(endLine, range.startLine),
      text,
      lastLine: Math.min(range.endLine, observation.totalLines),
      ...(isCut ? { omittedFrom: endLine + 1 } : {}),
    })
  }
  return snippets
}

/** The line ranges to show; a range that overlaps an earlier one is left out. */
function rangesOf({ path, functions, evidence }: LocateOutput['files'][number]): readonly Range[] {
  const ranges =
    functions.length > 0
      ? functions
      : evidence.map(({ startLine, endLine }) => ({
          startLine: Math.max(1, startLine - AROUND_EVIDENCE),
          endLine: endLine + AROUND_EVIDENCE,
        }))
  const kept: Range[] = []
  for (const { startLine, endLine } of ranges) {
    if (kept.some((one) => one.startLine <= endLine && startLine <= one.endLine)) continue
    kept.push({ path, startLine: Math.max(1, startLine), endLine })
  }
  return kept
}
