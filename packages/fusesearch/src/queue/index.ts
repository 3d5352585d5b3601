/**
 * queue: submits jobs to Redis (or Valkey) and takes them, with BullMQ. It knows nothing about the work of a job. Both
 * libraries are optional and are loaded by `connectQueue` only.
 */
export { parseQueueAddress, type QueueAddress } from './address.ts'
export { type ConnectOptions, connectQueue, type QueueLink } from './connect.ts'
export { type Job, jobId, MAX_TRIES, type QueueName, type SharedSettings } from './job.ts'
export { type Fingerprint, joinQueue, type Member, type Membership } from './members.ts'
export { renderQueueMetrics } from './metrics.ts'
export { createSharedPace, type PaceLimits } from './pace.ts'
export { createSubmitter, JobFailed, type RunOptions, type Submitter, shareSettings } from './submit.ts'
export { type Handler, refusal, type TakeOptions, type Taking, type Turn, takeJobs } from './take.ts'
