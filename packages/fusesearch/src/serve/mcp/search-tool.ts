import {
  announceUnreached,
  type Call,
  historyFor,
  MODEL_LIMITS,
  type Observation,
  type ParsedCall,
  parseCall,
  renderObservation,
} from '../../search/index.ts'
import { firstLines, TOKEN_BYTES, tokensOf } from './budget.ts'
import { shown } from './data.ts'
import type { ToolRun } from './locate-tool.ts'
import { renderSearch } from './render.ts'
import type { SearchInput, SearchOutput } from './schemas.ts'

/** Tokens of the frame around the results, and of each result besides its text. */
const FRAME_TOKENS = 150
const RESULT_TOKENS = 30

/** Runs the calls as one turn and shows as much of each result as its share of the budget allows. */
export async function runSearch(input: SearchInput, run: ToolRun): Promise<SearchOutput> {
  const { repository, serving, signal, tell } = run
  const parsed = await Promise.all(input.calls.map((call) => parseCall(call.tool, call.arguments)))
  const calls = parsed.flatMap((one) => (one.ok ? [one.call] : []))
  tell(`Running ${calls.length} calls in one turn`)
  const workspace = await serving.open({ root: repository, signal, history: historyFor(calls, process.env) })
  try {
    const bytesLeft = MODEL_LIMITS.maxBytesPerRun
    const ran = await workspace.runTurn(calls, { limits: MODEL_LIMITS, bytesLeft, signal })
    signal.throwIfAborted()
    const observations = announceUnreached(ran.observations, workspace.tree.notices())
    tell(`Done: ${observations.filter(({ ok }) => ok).length} of ${input.calls.length} calls gave a result`)
    return toSearchOutput(input, { repository, observations: inOrder(parsed, calls, observations) })
  } finally {
    await workspace.close()
  }
}

/** One observation per requested call, in order; invalid calls keep their place. */
function inOrder(
  parsed: readonly ParsedCall[],
  calls: readonly Call[],
  observations: readonly Observation[],
): Observation[] {
  return parsed.flatMap((one) => {
    const observation = one.ok ? observations[calls.indexOf(one.call)] : one.observation
    return observation === undefined ? [] : [observation]
  })
}

function toSearchOutput(
  input: SearchInput,
  { repository, observations }: { repository: string; observations: readonly Observation[] },
): SearchOutput {
  const frame = tokensOf({ repository }, '') + FRAME_TOKENS + RESULT_TOKENS * observations.length
  let bytesLeft = Math.max(0, input.maxTokens - frame) * TOKEN_BYTES
  const results = observations.map((observation, index) => {
    // Later calls get what a call doesn't use of its share.
    const share = bytesLeft / (observations.length - index)
    const { text, left } = firstLines(renderObservation(observation).trimEnd(), share)
    bytesLeft -= Math.max(Buffer.byteLength(JSON.stringify(text)), Buffer.byteLength(shown(text)))
    return { tool: input.calls[index]?.tool.slice(0, 20) ?? '', ok: observation.ok, text, omittedLines: left }
  })
  const output = {
    repository,
    results,
    omitted: omittedRows(results, input.maxTokens),
    budget: { tokens: input.maxTokens, usedTokens: input.maxTokens },
  }
  return { ...output, budget: { tokens: input.maxTokens, usedTokens: tokensOf(output, renderSearch(output)) } }
}

function omittedRows(results: SearchOutput['results'], maxTokens: number): string[] {
  const cut = results.flatMap(({ omittedLines }, index) => (omittedLines > 0 ? [`${index + 1}: ${omittedLines}`] : []))
  if (cut.length === 0) return []
  const way = 'raise maxTokens, or narrow the call by globs, headLimit or a line range'
  return [`lines that did not fit into ${maxTokens} tokens, by call (${cut.join(', ')}); ${way}.`]
}
