// `npm run demo`: localizes a real issue about this code base in this very checkout, with nothing but what is in it.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const issue = 'scripts/demo-issue.md'
const command = ['locate', '--file', issue, '--pretty']

const title = readFileSync(join(root, issue), 'utf8').split('\n')[0].replace(/^# /, '')
process.stdout.write(`\nIssue: ${title}  (${issue})\n$ fusesearch ${command.join(' ')}\n`)

const { status, error } = spawnSync(
  process.execPath,
  [join(root, 'packages/fusesearch/dist/cli/main.js'), ...command],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
if (error) process.stderr.write(`The demo could not start: ${error.message}.\n`)
process.exit(status ?? 2)
