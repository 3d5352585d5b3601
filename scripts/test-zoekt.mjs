// Tests the tools with a real zoekt: random calls must have the same results as in a folder.
//   npm run test:zoekt -- --url http://host:6070 --repo DIR [--repo-filter NAME] [--runs N]
//   npm run test:zoekt -- --zoekt DIR [--record TEXT]
// --url: a zoekt-webserver started with -rpc. --repo: a clean checkout of its indexed commit, and
// --repo-filter the expression that selects only that repository there. --zoekt: a folder with zoekt-git-index and
// zoekt-webserver, which index and serve the suite's repository; --record writes their answers for the
// suite, with a text that identifies zoekt, such as "zoekt c4d8f3537f7a".
import { spawnSync } from 'node:child_process'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    repo: { type: 'string' },
    'repo-filter': { type: 'string' },
    runs: { type: 'string' },
    zoekt: { type: 'string' },
    record: { type: 'string' },
  },
})
const { url, repo, zoekt, record, runs } = values
const isLive = url !== undefined && repo !== undefined
if (isLive === (zoekt !== undefined)) {
  process.stderr.write('Give --url and --repo, or --zoekt; the head of scripts/test-zoekt.mjs says what they are.\n')
  process.exit(2)
}

const settings = {
  FUSESEARCH_ZOEKT_LIVE: url,
  FUSESEARCH_ZOEKT_REPO: repo && resolve(repo),
  FUSESEARCH_ZOEKT_FILTER: values['repo-filter'],
  FUSESEARCH_ZOEKT_PROGRAMS: zoekt && resolve(zoekt),
  FUSESEARCH_ZOEKT_RECORD: record,
  FUSESEARCH_PROPERTY_RUNS: runs,
}
const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined))
const vitest = join(root, 'node_modules/vitest/vitest.mjs')
const run = spawnSync(process.execPath, [vitest, 'run', 'test/zoekt.test.ts'], {
  cwd: root,
  env: { ...process.env, ...given },
  stdio: 'inherit',
})
process.exit(run.status ?? 1)
