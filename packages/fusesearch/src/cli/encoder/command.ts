import { resolve } from 'node:path'
import { Argument, type Command } from 'commander'
import { FuseSearchError } from '../../core/index.ts'
import {
  getEncoder,
  isFile,
  KNOWN_ENCODERS,
  type KnownEncoder,
  knownEncoder,
  weightsFolder,
} from '../../encoder/index.ts'
import { cacheFolder } from '../../programs/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { defineLabCommand } from '../lab.ts'
import { toShownJson, toShownText } from '../render/shown-text.ts'

const ADDRESS_VARIABLE = 'FUSESEARCH_ENCODER_URL'
/** The version of what `list --json` prints; it grows when a field changes its meaning or goes. */
const LIST_VERSION = 1
const PROGRESS_STEP = 0.1

const GET_HELP = `
Fusesearch ships no weights and knows no place that does: name an address under which the files lie by the names that
\`fusesearch encoder list\` prints, or a folder of this machine that holds them under any names. Only files of the known
size and SHA-256 are taken. A download that was cut off goes on with the same command.

Examples:
  $ fusesearch encoder get minilm --from ~/Downloads/all-MiniLM-L6-v2
  $ fusesearch encoder get minilm --base-url https://models.example.org/encoders
  $ ${ADDRESS_VARIABLE}=https://models.example.org/encoders fusesearch encoder get bge-small

Exit codes: 0 the weights are there, 2 an error, 130 stopped by Ctrl-C.`

interface GetFlags {
  readonly from?: string
  readonly baseUrl?: string
}

export async function define(command: Command, context: DefineContext): Promise<void> {
  const { terminal, action } = context
  const names = KNOWN_ENCODERS.map(({ name }) => name)
  command
    .command('get')
    .summary('put the weights of an encoder into the cache folder')
    .description('Puts the weights of an encoder into the cache folder, checked by size and SHA-256.')
    .addArgument(new Argument('<name>', 'which encoder').choices(names))
    .option('--from <path>', 'folder, or a file in it, that holds the files')
    .option('--base-url <url>', `address of a folder with the files, HTTPS (default: ${ADDRESS_VARIABLE})`)
    .addHelpText('after', GET_HELP)
    .action(action((name: string, flags: GetFlags) => runGet(name, flags, terminal)))
  command
    .command('list')
    .summary('show the known encoders and which are here')
    .description('Shows the known encoders, their files, and which are here.')
    .option('--json', 'print one JSON object')
    .action(action((flags: { readonly json?: boolean }) => runList(flags.json === true, terminal)))
  const train = command.command('train').summary('fine-tune an encoder on your own issues')
  await defineLabCommand('encoder-train', train, context)
}

async function runGet(name: string, flags: GetFlags, terminal: Terminal): Promise<ExitCode> {
  const known = knownEncoder(name)
  if (known === undefined) throw new Error(`there is no encoder ${name}`)
  const { cwd, env, signal, stderr, stdout } = terminal
  const source = sourceOf(name, flags, { cwd, env })
  const { folder, got } = await getEncoder({
    known,
    source,
    cacheDir: cacheFolder(env),
    signal,
    onProgress: progressOn((line) => void stderr.write(`${line}\n`)),
  })
  const fact = got.length === 0 ? 'was there already' : 'is there now'
  stdout.write(
    `${known.name} (${known.title}) ${fact}, in ${toShownText(folder)}\nIts makers give it the licence ${known.licence}. Use it with: fusesearch locate --encoder ${name}\n`,
  )
  return 0
}

/** Throws `bad-argument` without a place to take the weights from, and for two. */
function sourceOf(name: string, { from, baseUrl }: GetFlags, { cwd, env }: Pick<Terminal, 'cwd' | 'env'>) {
  if (from !== undefined && baseUrl !== undefined) {
    throw bad('--from names a folder and --base-url an address. Give one of them.')
  }
  if (from !== undefined) return { kind: 'folder', path: resolve(cwd, from) } as const
  const url = baseUrl ?? (env[ADDRESS_VARIABLE] || undefined)
  if (url !== undefined) return { kind: 'address', url } as const
  throw bad(
    `Say where the weights of ${name} are: --from FOLDER, --base-url ADDRESS or ${ADDRESS_VARIABLE}. \`fusesearch encoder list\` prints the files and their hashes.`,
  )
}

/** A line for each tenth of a file, and for its end. */
function progressOn(say: (line: string) => void): (file: string, bytes: number, of: number) => void {
  const told = new Map<string, number>()
  return (file, bytes, of) => {
    const share = Math.min(1, bytes / of)
    if (share < Math.min(1, told.get(file) ?? 0)) return
    told.set(file, share + PROGRESS_STEP)
    say(`${file}: ${Math.round(100 * share)} % of ${(of / 1_000_000).toFixed(1)} MB`)
  }
}

async function runList(isJson: boolean, { env, stdout }: Terminal): Promise<ExitCode> {
  const folder = weightsFolder(cacheFolder(env))
  const encoders = await Promise.all(KNOWN_ENCODERS.map((known) => stateOf(known, folder)))
  if (isJson) stdout.write(`${toShownJson({ version: LIST_VERSION, folder, encoders }, 2)}\n`)
  else stdout.write(`${encoders.map(toText).join('\n')}\n`)
  return 0
}

async function stateOf({ name, title, licence, model, tokenizer }: KnownEncoder, folder: string) {
  const files = [model, tokenizer]
  const isHere = (await Promise.all(files.map((file) => isFile(`${folder}/${file.name}`, file)))).every(Boolean)
  return { name, title, licence, isHere, files }
}

function toText({ name, title, licence, isHere, files }: Awaited<ReturnType<typeof stateOf>>): string {
  const rows = files.map((file) => `    ${file.name}  ${file.bytes} bytes  sha256 ${file.sha256}`)
  return [`${isHere ? '✓' : '-'} ${name}: ${title}, ${licence}, ${isHere ? 'here' : 'not here'}`, ...rows].join('\n')
}

function bad(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
