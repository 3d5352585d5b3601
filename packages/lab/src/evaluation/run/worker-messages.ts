import type { Row, RowInstance } from '../row.ts'
import type { InstanceTask, RunInstance } from './instance.ts'

/** What the run sends to a worker process: its settings once, then instances one by one. */
export type ToWorker<I extends RunInstance> =
  | { readonly kind: 'settings'; readonly settings: unknown }
  | { readonly kind: 'run'; readonly task: InstanceTask<I> }

/** What a worker process answers; `finished` ends each instance. */
export type FromWorker =
  | { readonly kind: 'searching'; readonly base: RowInstance }
  | { readonly kind: 'row'; readonly row: Row }
  | { readonly kind: 'finished' }
  /** The run can't go on. */
  | { readonly kind: 'fatal'; readonly code: string | null; readonly message: string }
