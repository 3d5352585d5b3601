import { open, writeFile } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { readTrajectoryFile } from '../../agent/index.ts'
import { FuseSearchError } from '../../core/index.ts'
import { describeRun, type PageData, pageHtml } from '../../view/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { EDITOR_HELP, editorAddress } from '../editor.ts'
import { toShownText } from '../render/shown-text.ts'
import { openPage } from './open.ts'

const HELP_AFTER = `
Record with: fusesearch locate "…" --trajectory run.jsonl --full
Examples:
  $ fusesearch view run.jsonl --open
  $ fusesearch view embedded.jsonl sequential.jsonl model.jsonl --gold gold.jsonl
  $ fusesearch view run.jsonl --out page.html --repo .

The page is one file that needs no network. Several runs are shown side by side, turn by turn.
A trajectory without --full has no results; the page then shows only counts.`

/** Maximum number of runs side by side; more are probably a wrong shell pattern. */
const MAX_RUNS = 8

interface ViewFlags {
  readonly open?: boolean
  readonly out?: string
  readonly gold?: string
  readonly instance?: string
  readonly repo?: string
  readonly editor: string
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  command
    .argument('<file...>', 'trajectories that `locate --trajectory FILE` wrote')
    .option('--open', 'show the page in the browser')
    .option('-o, --out <file>', 'where to write the page (default: next to the first trajectory, with .html)')
    .option('--gold <file>', 'mark what the fix changed; FILE is the output of `fusesearch gold`')
    .option('--instance <id>', 'instance of that file (default: by the names of the trajectories)')
    .option('-r, --repo <dir>', 'the searched folder; turns places into links to an editor')
    .option('--editor <address>', EDITOR_HELP.text, editorAddress, EDITOR_HELP.initial)
    .addHelpText('after', HELP_AFTER)
    .action(action((files: readonly string[], flags: ViewFlags) => runView(files, flags, terminal)))
}

async function runView(files: readonly string[], flags: ViewFlags, terminal: Terminal): Promise<ExitCode> {
  if (files.length > MAX_RUNS) {
    throw badArgument(`A page shows at most ${MAX_RUNS} trajectories, not ${files.length}. Name fewer.`)
  }
  const html = await pageHtml(await readData(files, flags, terminal))
  const [first = ''] = files
  const out = resolve(terminal.cwd, flags.out ?? join(dirname(first), `${nameOf(first)}.html`))
  if (flags.out === undefined) await refuseForeign(out)
  await writePage(out, html)
  terminal.stdout.write(`${toShownText(out)}\n`)
  if (flags.open) await openPage(out, terminal)
  return 0
}

async function readData(files: readonly string[], flags: ViewFlags, { cwd }: Terminal): Promise<PageData> {
  const trajectories = await Promise.all(files.map((file) => readTrajectoryFile(resolve(cwd, file))))
  const runs = trajectories.map((trajectory, index) => describeRun(nameOf(files[index] ?? ''), trajectory))
  const { editor, gold, instance, repo } = flags
  if (instance !== undefined && gold === undefined) {
    throw badArgument('--instance selects a line of the --gold file. Add --gold FILE.')
  }
  return {
    kind: 'runs',
    runs,
    gold: gold === undefined ? null : await goldOf({ file: gold, instance, trajectories: files, cwd }),
    editor: repo === undefined ? null : editor,
    root: repo === undefined ? null : resolve(cwd, repo),
  }
}

async function goldOf(source: import('./gold.ts').GoldSource): ReturnType<typeof import('./gold.ts')['readGold']> {
  const { readGold } = await import('./gold.ts')
  return readGold(source)
}

function nameOf(file: string): string {
  return basename(file, extname(file))
}

/** Our own page may be replaced; another file with that name wasn't written by this command. */
async function refuseForeign(path: string): Promise<void> {
  const file = await open(path).catch(() => undefined)
  if (file === undefined) return
  try {
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(1_000) })
    if (buffer.toString('utf8', 0, bytesRead).includes(OUR_MARK)) return
  } finally {
    await file.close()
  }
  throw badArgument(
    `${path} exists and isn't a page of fusesearch. Use --out ${path} to replace it, or name another file.`,
  )
}

const OUR_MARK = '<meta name="generator" content="fusesearch">'

async function writePage(path: string, html: string): Promise<void> {
  try {
    await writeFile(path, html)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split(', ')[0] : String(cause)
    throw new FuseSearchError(`Cannot write the page ${path}: ${reason}. Name another file with --out.`, {
      code: 'write-failed',
      cause,
    })
  }
}

function badArgument(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
