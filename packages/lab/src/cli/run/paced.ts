import type { Terminal } from 'fusesearch/cli'
import { connectQueue, createSharedPace } from 'fusesearch/queue'
import type { RunContext } from '../../evaluation/index.ts'
import { type EvalSettings, openContext } from './context.ts'

/** A run's context whose model requests share the rate limits of all workers of the queue. */
export async function openPaced(
  settings: EvalSettings,
  { queue, terminal }: { readonly queue: string | undefined; readonly terminal: Pick<Terminal, 'env'> },
): Promise<RunContext & { close(): Promise<void> }> {
  const { llm, pace } = settings
  if (queue === undefined || llm === null || pace === null) return openContext(settings, terminal.env)
  // The worker's own connection reports a lost queue.
  const link = await connectQueue({ queue, env: terminal.env, onTrouble: () => undefined })
  const endpoint = JSON.stringify([llm.baseUrl, llm.wire, llm.model])
  const context = await openContext(settings, terminal.env, createSharedPace(link, { ...pace, endpoint }))
  return {
    ...context,
    async close() {
      await context.close()
      await link.close()
    },
  }
}
