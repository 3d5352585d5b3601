/** A scripted model behind real HTTP, for tests: it replies by a script and misbehaves on request. */
export { render, toStreamText } from './render.ts'
export { misbehaving, type Script, type ScriptedReply, type ScriptedRequest } from './script.ts'
export { type ScriptedServer, startScriptedServer } from './server.ts'
export { MISBEHAVIOURS, type Misbehaviour } from './table.ts'
