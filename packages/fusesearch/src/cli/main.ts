#!/usr/bin/env node
/**
 * cli: the command line. It reads flags, calls a room and renders what comes back; it decides nothing.
 * `run-main.ts` is the one place that catches: a failure of the world is one sentence, a bug says that it is one.
 */
import module from 'node:module'

// Node 22 and later keep compiled code between runs; the type definitions of Node 20 don't know of it.
const { enableCompileCache } = module as { enableCompileCache?: () => unknown }
enableCompileCache?.()

// Imported late, so that the compile cache is on before anything else is loaded.
const { runMain } = await import('./run-main.ts')
await runMain(process)
