import { defineConfig } from 'vitest/config'
import base from './vitest.config.ts'

/** Tests that install the product with npm, for which they need its registry: `npm run test:install` runs them. */
export default defineConfig({
  test: { ...base.test, include: ['test/install/**/*.install.ts'], testTimeout: 1_800_000 },
})
