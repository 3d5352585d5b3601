import { defineConfig } from 'vitest/config'

/** Tests that drive a browser: `npm run test:browser` runs them, `npm test` doesn't. */
export default defineConfig({
  test: {
    include: ['test/browser/**/*.browser.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    pool: 'forks',
    // One browser at a time: what is measured must not wait for another test's.
    fileParallelism: false,
  },
})
