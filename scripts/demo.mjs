// `npm run demo`: localizes a real issue about this code base in this checkout, without anything else.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const issue = 'scripts/demo-issue.md'
// Outside the checkout, so that the demo leaves no file in what it searches.
const trajectory = join(mkdtempSync(join(tmpdir(), 'fusesearch-demo-')), 'demo.jsonl')
const command = ['locate', '--file', issue, '--pretty']

const title = readFileSync(join(root, issue), 'utf8').split('\n')[0].replace(/^# /, '')
process.stdout.write(`\nIssue: ${title}  (${issue})\n$ fusesearch ${command.join(' ')}\n`)

const { status, error } = spawnSync(
  process.execPath,
  [join(root, 'packages/fusesearch/dist/cli/main.js'), ...command, '--trajectory', trajectory, '--full'],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
if (error) process.stderr.write(`The demo could not start: ${error.message}.\n`)
if (status === 0) process.stdout.write(`\nSee it as a page:\n$ npx fusesearch view ${trajectory} --open\n`)
process.exit(status ?? 2)
