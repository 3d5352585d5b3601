import { execFile } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { FuseSearchError } from '../../core/index.ts'
import { findProgram } from '../../programs/index.ts'
import type { Terminal } from '../command.ts'
import { readVersion } from '../version.ts'

/** The words that start `fusesearch`, before its own arguments. */
export interface AgentCommand {
  readonly command: string
  readonly args: readonly string[]
}

const CHECK_TIMEOUT_MS = 20_000

const runFile = promisify(execFile)

/**
 * How an agent calls this program: by name if the PATH leads to it, otherwise by the absolute paths of Node and of the
 * program. The command was run once. Throws `bad-argument` if it doesn't run.
 */
export async function agentCommand({ cwd, env, signal }: Terminal): Promise<AgentCommand> {
  const main = fileURLToPath(new URL('../main.js', import.meta.url))
  const named = findProgram('fusesearch', { searchPath: lastingPath(env.PATH), trees: [cwd] })
  const isOurs = named !== undefined && realpathSync(named.path) === realpathSync(main)
  const found: AgentCommand = isOurs ? { command: 'fusesearch', args: [] } : { command: process.execPath, args: [main] }
  const shown = [found.command, ...found.args].join(' ')
  if (!existsSync(main)) throw broken(shown, 'it is not built')
  const version = await runFile(found.command, [...found.args, '--version'], {
    cwd,
    env,
    signal,
    timeout: CHECK_TIMEOUT_MS,
  }).catch((error: Error) => {
    signal.throwIfAborted()
    throw broken(shown, error.message.split('\n')[0] ?? '')
  })
  if (version.stdout.trim() !== readVersion()) throw broken(shown, `it is version ${version.stdout.trim()}`)
  return found
}

/**
 * npm adds these folders to the PATH of what it runs, such as `npx fusesearch init`; an agent's PATH doesn't have them.
 */
function lastingPath(path = ''): string {
  const folders = path.split(delimiter)
  return folders.filter((folder) => !folder.endsWith(join('node_modules', '.bin'))).join(delimiter)
}

function broken(shown: string, reason: string): FuseSearchError {
  const message = `Agents would call \`${shown}\`, which doesn't run (${reason}). Install fusesearch again and run \`fusesearch doctor\`.`
  return new FuseSearchError(message, { code: 'bad-argument' })
}
