/** Chat models: behind any endpoint, or a GGUF file in this process. */
export type { ChatModel, ChatReply, ChatRequest, Finish, Message, ToolCall, ToolDefinition, Usage } from './chat.ts'
export { costOf, type Price } from './chat.ts'
export { type RefusalKind, refusalKind } from './failure.ts'
export { toHistory } from './gguf/chat.ts'
export { createGgufModel, type GgufOptions } from './gguf/model.ts'
export type { Retries } from './model.ts'
export { type ChatModelOptions, createChatModel, type EndpointModel } from './model.ts'
export type { Pace } from './pace.ts'
export { type Finding, isUsable, type ProbeOptions, probeModel } from './probe.ts'
export { createRedactor } from './redact.ts'
export {
  type Environment,
  type ModelChoice,
  type ModelFlags,
  type ModelOptions,
  modelFromEnvironment,
  resolveModel,
} from './resolve.ts'
export type { Parameter, WireName } from './wires/wire.ts'
