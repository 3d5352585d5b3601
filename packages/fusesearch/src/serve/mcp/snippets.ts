import type { Workspace } from '../../search/index.ts'
import { type Call, MODEL_LIMITS } from '../../search/index.ts'
import { firstLines, TOKEN_BYTES } from './budget.ts'
import type { LocateOutput } from './schemas.ts'

/** Source text of one place, cut where the budget or the limit of lines ends. */
export interface Snippet {
  readonly path: string
  readonly startLine: number
  readonly endLine: number
  readonly text: string
  /** The first line that was left out of the place, if any. */
  readonly omittedFrom?: number
  /** The last line of the place. */
  readonly lastLine: number
}

const MAX_SNIPPETS = 16
const MAX_SNIPPET_LINES = 80
/** Lines around evidence where a file has no located function. */
const AROUND_EVIDENCE = 5
/** What a snippet takes beside its text, with the lines around its block. */
const SNIPPET_FRAME_BYTES = 70

interface Range {
  readonly path: string
  readonly startLine: number
  readonly endLine: number
}

/** Of what to read. */
interface SnippetRequest {
  /** Their paths begin with the prefix, which the workspace's own lack. */
  readonly files: LocateOutput['files']
  readonly prefix: string
  readonly tokens: number
  readonly signal: AbortSignal
}

/** Reads the located places of an answer, in its order, as far as the tokens go. */
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
    // A file that went or shrank since the answer has nothing to show.
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

/** A function around another one is shown once. */
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
