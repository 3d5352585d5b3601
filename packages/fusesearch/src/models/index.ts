/** Chat models behind any endpoint, and a scripted server that plays them. */
export type { ChatModel, ChatReply, ChatRequest, Finish, Message, ToolCall, ToolDefinition, Usage } from './chat.ts'
export { costOf, type Price } from './cost.ts'
export { type RefusalKind, refusalKind } from './failure.ts'
export { createGgufModel, type GgufOptions } from './gguf/model.ts'
export { type ChatModelOptions, createChatModel, type EndpointModel } from './model.ts'
export { type Finding, isUsable, type ProbeOptions, probeModel } from './probe.ts'
export {
  type Environment,
  type ModelChoice,
  type ModelFlags,
  type ModelOptions,
  modelFromEnvironment,
  resolveModel,
} from './resolve.ts'
export type { Retries } from './retry.ts'
export {
  misbehaving,
  type Script,
  type ScriptedCall,
  type ScriptedReply,
  type ScriptedRequest,
  type Step,
} from './scripted/script.ts'
export type { ScriptedServer, ScriptedServerOptions } from './scripted/server.ts'
export { startScriptedServer } from './scripted/start.ts'
export { MISBEHAVIOURS, type Misbehaviour } from './scripted/table.ts'
export type { Parameter, WireName } from './wires/wire.ts'
