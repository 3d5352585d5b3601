import { type Call, type Observation, PROGRAM_LIMITS, type Workspace } from 'fusesearch/search'

// The comparison is about results, not about the speed of a busy machine.
const limits = { ...PROGRAM_LIMITS, maxLineLength: 80, maxLinesPerCall: 200, callTimeoutMs: 120_000 }

/** Runs calls as one turn. */
export async function runCalls(
  workspace: Workspace,
  calls: readonly Call[],
  suggestions = 0,
): Promise<readonly Observation[]> {
  const signal = new AbortController().signal
  const { observations } = await workspace.runTurn(calls, {
    limits: { ...limits, suggestions },
    bytesLeft: 100_000_000,
    signal,
  })
  return observations
}

/** What must be the same wherever the files are: everything except the notice that files were fetched. */
export function comparable(observation: Observation | undefined): unknown {
  if (observation === undefined || !observation.ok) return observation
  const { notices, bytes, ...rest } = observation
  const added = notices.filter(({ message }) => message.includes('were fetched and searched here'))
  const addedBytes = added.reduce((sum, { message }) => sum + Buffer.byteLength(`[${message}]\n`), 0)
  return { ...rest, notices: notices.filter((one) => !added.includes(one)), bytes: bytes - addedBytes }
}
