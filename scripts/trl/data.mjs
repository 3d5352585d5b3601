// The tiny model's data, made with the product's own commands: repositories, a teacher's runs, conversations.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeWorlds } from '../environment/worlds.mjs'
import { MANNERS, startTeacher } from './teacher.mjs'

const cli = fileURLToPath(new URL('../../packages/fusesearch/dist/cli/main.js', import.meta.url))
/** They differ only in a remark: within a minute, a model of half a million weights doesn't learn to copy a name. */
const WORLD = { parts: 2, mark: () => 'shop', remark: (index) => ` Report ${index}.` }

/** Filters and forms of `fusesearch data sft`, each with its file: the paper's joint filter, and none. */
const FILTERS = {
  'joint.jsonl': ['--min-f1', '0.9', '--min-efficiency', '0.5'],
  'gguf.jsonl': ['--min-f1', '0.9', '--min-efficiency', '0.5', '--format', 'gguf'],
  'unfiltered.jsonl': ['--min-f1', '0', '--min-efficiency', '0'],
}

/** Makes everything below `folder`; reports the output of each command through `say`. */
export async function makeData(folder, { count, say }) {
  const worlds = makeWorlds(folder, count, WORLD)
  const rollouts = join(folder, 'rollouts')
  const teacher = await startTeacher()
  try {
    const model = ['--policy', 'llm', '--model', 'teacher', '--base-url', `${teacher.url}/v1`]
    const size = ['--samples', String(MANNERS), '--jobs', '4', '--out', rollouts]
    say(await fusesearch(['rollout', worlds.dataset, '--repos', worlds.repos, ...model, ...size]))
  } finally {
    teacher.close()
  }
  for (const [file, filter] of Object.entries(FILTERS)) {
    say(await fusesearch(['data', 'sft', rollouts, ...filter, '--out', join(folder, file)]))
  }
  return worlds
}

/** The standard output of a product's command. Throws with its errors if it fails. */
function fusesearch(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [cli, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let errors = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.stderr.on('data', (chunk) => (errors += chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(output.trim())
      else reject(new Error(`fusesearch ${args[0]} ended with ${code}: ${errors.trim() || output.trim()}`))
    })
  })
}
