import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

// Vitest runs this before each test file. The cache of whoever runs the tests stays as it is, no test finds what another
// left, and none pays for going through what thousands of repositories left.
const cache = join(tmpdir(), `fusesearch-test-cache-${process.pid}-${process.hrtime.bigint()}`)
process.env['FUSESEARCH_CACHE'] = cache
afterAll(() => rmSync(cache, { recursive: true, force: true }))
