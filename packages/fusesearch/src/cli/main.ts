#!/usr/bin/env node
/**
 * cli: the command line. It reads flags, calls a room and renders the result; it makes no decisions.
 * Only `run-main.ts` catches errors: a failure outside the program becomes one sentence, a bug is reported as a bug.
 */
import module from 'node:module'

// Node 22 and later cache compiled code between runs; the type definitions of Node 20 lack this.
const { enableCompileCache } = module as { enableCompileCache?: () => unknown }
enableCompileCache?.()

// Imported late, so that the compile cache is on before anything else is loaded.
const { runMain } = await import('./run-main.ts')
await runMain(process)
