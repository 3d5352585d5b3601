// Runs python/ tests and shows their results as they come.
import { spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const FACT = 'FACT '

/** Starts Python in python/tests; resolves to whether it succeeded. Its whole output goes to a log. */
export async function runPython(python, args, { data, log, say }) {
  const child = spawn(python, args, {
    cwd: join(root, 'python/tests'),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      PYTHONPATH: [join(root, 'python'), join(root, 'python/tests')].join(delimiter),
      PYTHONDONTWRITEBYTECODE: '1',
      // The product's own output is UTF-8, whatever the terminal's language.
      PYTHONUTF8: '1',
      // Nothing may come from a hub, and operations this small are slower on two threads than on one.
      HF_HUB_OFFLINE: '1',
      OMP_NUM_THREADS: '1',
      FUSESEARCH_TRL_DATA: data,
      FUSESEARCH_TRL_NODE: process.execPath,
      FUSESEARCH_TRL_COMMAND: join(root, 'packages/fusesearch/dist/cli/main.js'),
    },
  })
  const file = createWriteStream(log, { flags: 'a' })
  let rest = ''
  child.stdout.on('data', (chunk) => {
    file.write(chunk)
    const lines = (rest + chunk).split(/[\r\n]+/)
    rest = lines.pop()
    for (const line of lines.filter((one) => one.includes(FACT))) say(line.slice(line.indexOf(FACT) + FACT.length))
  })
  child.stderr.on('data', (chunk) => file.write(chunk))
  const code = await new Promise((resolve) => {
    child.on('error', () => resolve(1))
    child.on('close', resolve)
  })
  await new Promise((resolve) => file.end(resolve))
  return code === 0
}
