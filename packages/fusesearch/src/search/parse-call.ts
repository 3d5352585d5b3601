import { toFailedObservation } from './scope.ts'
import { ALL_TOOLS, type Call, type FailedObservation, type ToolName } from './tool.ts'

/** What came of arguments from outside: a call, or the failure to show. */
export type ParsedCall =
  | { readonly ok: true; readonly call: Call }
  | { readonly ok: false; readonly observation: FailedObservation }

const MAX_SHOWN_NAME = 100
const MAX_SHOWN_PROBLEM = 1_000

/** Checks a tool call that came from outside (a model, a file, a client). A tool that does not exist fails as a `grep`. */
export async function parseCall(name: string, given: unknown): Promise<ParsedCall> {
  if (!isToolName(name)) {
    const problem = `There is no tool ${JSON.stringify(name.slice(0, MAX_SHOWN_NAME))}`
    return refuse('grep', `${problem}. Use one of ${ALL_TOOLS.join(', ')}.`)
  }
  // The schema library is slow to load, so it is loaded only when needed: a localization starts without it.
  const { checkArguments } = await import('./schemas.ts')
  const checked = checkArguments(name, given)
  if (!('problem' in checked)) return { ok: true, call: checked }
  return refuse(name, `Bad arguments for ${name}: ${checked.problem.slice(0, MAX_SHOWN_PROBLEM)}`)
}

function refuse(tool: ToolName, message: string): ParsedCall {
  return { ok: false, observation: toFailedObservation(tool, { ok: false, code: 'bad-arguments', message }) }
}

function isToolName(name: string): name is ToolName {
  return ALL_TOOLS.some((known) => known === name)
}
