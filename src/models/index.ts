/** Chat models behind any endpoint, and a scripted server that plays them. */
export type { ChatModel, ChatReply, ChatRequest, Finish, Message, ToolCall, ToolDefinition, Usage } from './chat.ts'
