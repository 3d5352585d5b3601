import { defineConfig } from 'vitest/config'
import { forgetSettings } from './test/support/settings.ts'

forgetSettings(process.env)

/** Tests that drive a browser: `npm run test:browser` runs them, `npm test` doesn't. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.browser.ts'],
    // For what hangs: a browser that was just installed starts slowly, and a busy machine draws slowly.
    setupFiles: ['test/support/own-cache.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    pool: 'forks',
    // One browser at a time: what is measured must not wait for another test's.
    fileParallelism: false,
  },
})
