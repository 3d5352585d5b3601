import type { Clock } from 'fusesearch/core'
import type { Row } from '../row.ts'
import { openRunFolder } from './folder.ts'
import type { RunHeader } from './header.ts'
import type { InstanceTask, RunInstance } from './instance.ts'
import { createProgress, type Progress } from './progress.ts'
import type { InstanceRunner } from './runner.ts'
import { remainingTasks } from './select.ts'

/** A whole run. */
export interface EvaluateOptions<I extends RunInstance> {
  readonly instances: readonly I[]
  readonly header: RunHeader
  /** Folder of the run, new or to be resumed. */
  readonly out: string
  readonly retryFailed: boolean
  /** One for each job; closed at the end. */
  readonly runners: readonly InstanceRunner<I>[]
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onProgress?: (progress: Progress) => void
  /** Called with all rows when the last is in, while the folder is still held; `write` puts a file into it. */
  readonly onFinished: (run: FinishedRun) => void
}

/** A run whose rows are all there. */
export interface FinishedRun {
  readonly header: RunHeader
  readonly rows: readonly Row[]
  /** Seconds of this process for the rows that it added; a resumed run counts only its last part. */
  readonly wallMs: number
  readonly added: number
  readonly write: (name: string, content: string) => void
}

/**
 * Runs what the folder doesn't hold yet. Each row is in the file before the next instance begins, so a kill at any
 * moment loses at most the searches in flight, and the same command goes on from there.
 * Throws what `openRunFolder` throws, `write-failed`, and the reason of an abort.
 */
export async function evaluate<I extends RunInstance>(options: EvaluateOptions<I>): Promise<void> {
  const { instances, header, out, retryFailed, clock, signal } = options
  const { policies } = header.identity
  try {
    const folder = openRunFolder(out, header)
    try {
      const startedMs = clock.nowMs()
      const tasks = remainingTasks({ instances, policies, rows: folder.rows, retryFailed })
      const again = new Set(tasks.flatMap((task) => task.policies.map((policy) => `${policy}\n${task.instance.id}`)))
      const rows = folder.rows.filter((row) => !again.has(`${row.policy}\n${row.id}`))
      const total = instances.length * policies.length
      const progress = createProgress({ total, policy: policies[0] ?? '', earlier: rows, clock })
      const added: Row[] = []
      await runAll(options, tasks, (row) => {
        folder.append(row)
        added.push(row)
        options.onProgress?.(progress.add(row))
      })
      signal.throwIfAborted()
      const all = inOrder([...rows, ...added], instances)
      const wallMs = clock.nowMs() - startedMs
      options.onFinished({
        header: folder.header,
        rows: all,
        wallMs,
        added: added.length,
        write: (name, content) => folder.write(name, content),
      })
    } finally {
      folder.close()
    }
  } finally {
    await Promise.all(options.runners.map((runner) => runner.close()))
  }
}

async function runAll<I extends RunInstance>(
  { runners, signal }: EvaluateOptions<I>,
  tasks: readonly InstanceTask<I>[],
  onRow: (row: Row) => void,
): Promise<void> {
  const queue = [...tasks]
  let isBroken = false
  const work = async (runner: InstanceRunner<I>): Promise<void> => {
    for (let task = queue.shift(); task !== undefined && !isBroken; task = queue.shift()) {
      signal.throwIfAborted()
      try {
        await runner.run(task, { onSearch: () => {}, onRow })
      } catch (error) {
        isBroken = true
        throw error
      }
    }
  }
  const results = await Promise.allSettled(runners.map(work))
  const failed = results.find((result) => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

/** The dataset's order, whatever the order in which jobs finished. */
function inOrder(rows: readonly Row[], instances: readonly RunInstance[]): readonly Row[] {
  const place = new Map(instances.map(({ id }, index) => [id, index]))
  return rows.toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0))
}
