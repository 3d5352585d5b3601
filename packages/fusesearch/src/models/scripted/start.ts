import type { ScriptedServer, ScriptedServerOptions } from './server.ts'

/**
 * Starts a scripted model on a free port of this machine: real HTTP, both wire forms, streamed or not as asked.
 * Loaded when it is called: who asks a real model pays nothing for it.
 */
export async function startScriptedServer(options: ScriptedServerOptions): Promise<ScriptedServer> {
  const server = await import('./server.ts')
  return server.startScriptedServer(options)
}
