// Tests the queue with a real Redis: `npm run test:redis`. Each file starts the installed redis-server on a free port.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const NAMES = ['redis-server', 'valkey-server']

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(test())

function test() {
  const program = findRedis()
  if (program === undefined) {
    process.stderr.write(
      `test:redis: there is no Redis: none of ${NAMES.join(', ')} runs here. Install it (on Debian: apt-get install redis-server) or name it in FUSESEARCH_REDIS.\n`,
    )
    return 2
  }
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--config', 'vitest.redis.config.ts', ...process.argv.slice(2)]
  const env = { ...process.env, FUSESEARCH_REDIS: program }
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status ?? 2
}

/** An installed server; undefined if there is none. */
export function findRedis() {
  const named = process.env.FUSESEARCH_REDIS
  return (named ? [named] : NAMES).find((name) => spawnSync(name, ['--version']).status === 0)
}
