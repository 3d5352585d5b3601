import { availableParallelism, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { forgetSettings } from './test/support/settings.ts'

const product = fileURLToPath(new URL('packages/fusesearch/src', import.meta.url))

forgetSettings(process.env)

export default defineConfig({
  // The lab's tests run against the product's sources.
  resolve: {
    alias: [
      { find: /^fusesearch$/, replacement: `${product}/index.ts` },
      { find: /^fusesearch\/([a-z]+)$/, replacement: `${product}/$1/index.ts` },
    ],
  },
  // `npm test` leaves out the files `*.slow.test.ts`; `npm run test:all` and CI run them too. They need about
  // half of the processor time of all tests:
  // - train/run, ablation/run, ablate-command: whole trainings, which play hundreds of searches
  // - evaluation: a run that is killed and continued, and one over many ids
  // - misbehaviours, llm-endpoints, llm-fallback: requests and whole searches for each of 112 misbehaviours of an endpoint
  // - mcp-injection: a server and two searches for each of 27 attempts
  // - action, bad-input, completion, data, encoder-train, env-command, examples, hostile-tree, init, mcp, mcp-http, optimize-late,
  //   train-command, vanishing, view, watchdog: a process for each case
  // - launcher: hundreds of processes in random order
  // - swapped-folder: thousands of calls while a process swaps a folder for a link
  // - hostile, word-character, memory, turn, vector-cache, check-answer, client, http, robust: limits that only very many
  //   steps, characters, files, bytes, requests or messages reach
  test: {
    include: ['packages/*/src/**/*.test.ts', 'test/**/*.test.ts'],
    // Real processes on two shared cores: the time-outs are for what hangs, not for what is slow.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000, interval: 20 } },
    globalSetup: ['test/support/run-folder.ts'],
    setupFiles: ['test/support/own-cache.ts', 'test/support/random.ts'],
    pool: 'forks',
    // A worker runs its files one after another in one process: compiled code and grammars are loaded once. Nothing of ours
    // holds state that one file could leave to the next.
    isolate: false,
    // The built command is loaded as Node loads it.
    server: { deps: { external: [/\/packages\/[a-z]+\/dist\//] } },
    maxWorkers: workers(),
  },
})

/**
 * By default one core is left idle, but tests wait for their processes often enough. A worker grows to a gigabyte, and a
 * container may have a share of the memory and of the cores that it sees.
 */
function workers(): number {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY)
  return Math.max(1, Math.min(availableParallelism(), Math.floor(memory / 1.5e9), 8))
}
