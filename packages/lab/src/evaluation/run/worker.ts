import { FuseSearchError } from 'fusesearch/core'
import { type Bench, type RunInstance, runInstance } from './instance.ts'
import type { FromWorker, ToWorker } from './worker-messages.ts'

/**
 * Serves instances in a process that the run has forked, until the run goes away. `makeBench` gets the settings that
 * the run was given for its workers.
 */
export function serveInstances<I extends RunInstance>(
  self: NodeJS.Process,
  makeBench: (settings: unknown) => Promise<Bench<I>>,
): void {
  const controller = new AbortController()
  const send = (message: FromWorker): void => void self.send?.(message)
  let bench: Promise<Bench<I>> | undefined
  // Ctrl-C reaches the whole group: the run decides, and a worker that died of it would look like a failure.
  self.on('SIGINT', () => {})
  self.on('disconnect', () => {
    controller.abort()
    self.exit(0)
  })
  self.on('message', (message: ToWorker<I>) => {
    if (message.kind === 'settings') {
      bench = makeBench(message.settings)
      // Told when the first instance asks for it.
      bench.catch(() => {})
      return
    }
    const { task } = message
    void (async () => {
      try {
        if (bench === undefined) throw new Error('a worker got an instance before its settings')
        await runInstance(
          await bench,
          { ...task, signal: controller.signal },
          {
            onSearch: (base) => send({ kind: 'searching', base }),
            onRow: (row) => send({ kind: 'row', row }),
          },
        )
        send({ kind: 'finished' })
      } catch (error) {
        send(fatal(error))
      }
    })()
  })
}

function fatal(error: unknown): FromWorker {
  const message = error instanceof Error ? error.message : String(error)
  return { kind: 'fatal', code: error instanceof FuseSearchError ? error.code : null, message }
}
