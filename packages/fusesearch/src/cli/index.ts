/**
 * cli: what the commands of another package need to behave like ours: flags, terminal, messages.
 * The lab's commands are built from it; programs use the other rooms.
 */
export { cacheFolder } from '../programs/index.ts'
export type { CommandEntry, CommandModule, DefineContext, ExitCode, Terminal } from './command.ts'
export { commandLine, shownUrl } from './command-line.ts'
export { ENCODER_HELP, openEncoderOf, readerOf } from './encoder/open.ts'
export { digestCode, readFingerprint, rgVersion } from './fingerprint.ts'
export type { JobHost, LabJobs } from './lab.ts'
export { addListenOptions, type ListenFlags, listenOptions, listenUntilStopped, TOKEN_HELP } from './listen.ts'
export { resolveLlm } from './llm/create.ts'
export { addLlmFlags, type LlmFlags, type LlmSettings, refuseModelFlags } from './llm/flags.ts'
export { breadth, durationMs, gather, share, TOOLS_HELP, toolNames, weight, wholeNumber } from './options.ts'
export { asksModel, createPolicy, POLICY_NAMES } from './policy.ts'
export { type Fleet, openFleet, QUEUE_HELP, queueOption } from './queue.ts'
export { toShownJson, toShownText } from './render/shown-text.ts'
export { plural } from './render/style.ts'
export { readVersion } from './version.ts'
export { readWeights, refuseIdleWeights, WEIGHTS_HELP } from './weights.ts'
