import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Real processes on two shared cores: the time-outs are for what hangs, not for what is slow.
    testTimeout: 30_000,
    hookTimeout: 120_000,
    pool: 'forks',
  },
})
