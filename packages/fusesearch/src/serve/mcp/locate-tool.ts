import { locate } from '../../locate/index.ts'
import { createEmbeddedPolicy } from '../../policies/index.ts'
import { BASE_TOKENS, shownFiles, toLocateOutput } from './locate-result.ts'
import { type Tell, tellTurns } from './progress.ts'
import type { LocateInput, LocateOutput } from './schemas.ts'
import type { Serving } from './serving.ts'
import { readSnippets } from './snippets.ts'

/** After this the best answer so far is taken, so that no client waits forever. */
const DEADLINE_MS = 30_000

/** What a tool knows beside its arguments. */
export interface ToolRun {
  readonly serving: Serving
  /** Real path of the folder to search, which was checked. */
  readonly repository: string
  readonly signal: AbortSignal
  readonly tell: Tell
}

/** Localizes an issue, and reads the places found as far as the budget goes. */
export async function runLocate(input: LocateInput, run: ToolRun): Promise<LocateOutput> {
  const { repository, serving, signal, tell } = run
  const { maxFiles, snippetTokens } = input
  const workspace = await serving.open({ root: repository, signal })
  try {
    const result = await locate({
      issue: input.issue,
      repository,
      policy: createEmbeddedPolicy(),
      budget: { deadlineMs: DEADLINE_MS },
      // The same one reads the places found afterwards, so the search may not close it.
      openWorkspace: () => Promise.resolve({ ...workspace, close: () => Promise.resolve() }),
      onEvent: tellTurns(tell),
      signal,
    })
    const files = shownFiles({ result, maxFiles })
    const snippets = await readSnippets(workspace, { files: [...files], tokens: snippetTokens, signal })
    signal.throwIfAborted()
    return toLocateOutput({ repository, result, maxFiles, snippetTokens }, snippets)
  } finally {
    await workspace.close()
  }
}

/** Said in the tool's description. */
export const LOCATE_BUDGET = `The result takes at most ${BASE_TOKENS} tokens and snippetTokens.`
