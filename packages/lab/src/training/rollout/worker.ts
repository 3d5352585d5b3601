import { FuseSearchError } from 'fusesearch/core'
import type { GroupResult, GroupRunner, GroupTask } from './group.ts'

/** What training sends to a worker process: its settings once, then groups one by one. */
export type ToGroupWorker =
  | { readonly kind: 'settings'; readonly settings: unknown }
  | { readonly kind: 'run'; readonly task: GroupTask }

/** What a worker process answers to a group. */
export type FromGroupWorker =
  | { readonly kind: 'result'; readonly result: GroupResult }
  /** Training can't go on. */
  | { readonly kind: 'fatal'; readonly code: string | null; readonly message: string }

/** Serves groups in a process that training has forked, until training goes away. */
export function serveGroups(self: NodeJS.Process, makeRunner: (settings: unknown) => Promise<GroupRunner>): void {
  let runner: Promise<GroupRunner> | undefined
  const send = (message: FromGroupWorker): void => void self.send?.(message)
  // Ctrl-C reaches the whole group of processes: training decides.
  self.on('SIGINT', () => {})
  self.on('disconnect', () => self.exit(0))
  self.on('message', (message: ToGroupWorker) => {
    if (message.kind === 'settings') {
      runner = makeRunner(message.settings)
      // Told when the first group asks for it.
      runner.catch(() => {})
      return
    }
    void (async () => {
      try {
        if (runner === undefined) throw new Error('a worker got a group before its settings')
        send({ kind: 'result', result: await (await runner).run(message.task) })
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        send({ kind: 'fatal', code: error instanceof FuseSearchError ? error.code : null, message: text })
      }
    })()
  })
}
