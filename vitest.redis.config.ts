import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** Tests that need a Redis, which they start themselves: `npm run test:redis` runs them, `npm test` doesn't. */
export default defineConfig({
  ...(base.resolve === undefined ? {} : { resolve: base.resolve }),
  test: {
    ...base.test,
    include: ['test/redis/**/*.redis.ts'],
    // Most of the time is waiting, and each file has a Redis of its own.
    maxWorkers: 3,
  },
})
