/** Chat models behind any endpoint, and a scripted server that plays them. */
export type { ChatModel, ChatReply, ChatRequest, Finish, Message, ToolCall, ToolDefinition, Usage } from './chat.ts'
export { costOf, type Price } from './cost.ts'
export { type RefusalKind, refusalKind } from './failure.ts'
export { type ChatModelOptions, createChatModel, type EndpointModel } from './model.ts'
export { type Finding, isUsable, type ProbeOptions, probeModel } from './probe.ts'
export { type Environment, type ModelChoice, type ModelFlags, modelFromEnvironment, resolveModel } from './resolve.ts'
export type { Retries } from './retry.ts'
export type { Misbehaviour } from './scripted/misbehaviour.ts'
export { MISBEHAVIOURS } from './scripted/misbehaviours/index.ts'
export {
  misbehaving,
  type Script,
  type ScriptedCall,
  type ScriptedReply,
  type ScriptedRequest,
  type Step,
} from './scripted/script.ts'
export { type ScriptedServer, type ScriptedServerOptions, startScriptedServer } from './scripted/server.ts'
export type { Parameter, WireName } from './wires/wire.ts'
