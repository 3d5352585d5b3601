// The whole command in a fresh process, compared with one search of the same tree by ripgrep alone.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { drawIdentifiers } from './identifiers.mjs'
import { median, round } from './statistics.mjs'

const MEGABYTE = 1_000_000
const KILOBYTE = 1024
/** The tools without earlier commits; by default the command offers those too. */
const WITHOUT_HISTORY = ['--tools', 'grep,glob,read_file']
/** Prints the process's resource usage, after everything else on standard error. */
const REPORT = `process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  process.stderr.write('\\n' + JSON.stringify({ cpuUs: user + system, maxRss: process.resourceUsage().maxRSS }))
})`

/**
 * Medians over the texts. Each text is searched without and with earlier commits (which are cached), and one word is
 * counted with `rg -c`, alternating, so that the ratios hold on a machine whose speed varies. Processor time is the
 * command's own, without ripgrep; memory is that of the largest run.
 */
export async function measureCommand(root, folder, texts) {
  const dist = join(root, 'packages/fusesearch/dist')
  const main = join(dist, 'cli/main.js')
  const { openTree } = await import(pathToFileURL(join(dist, 'search/index.js')).href)
  const { rg } = await openTree({ root: folder, ignoreRules: 'respect' })
  const { rare } = await drawIdentifiers(dist, folder, 1)
  const ask = (text, flags, own = []) =>
    run(process.execPath, [...own, main, 'locate', '-', '--repo', folder, '--json', ...flags], { input: text })
  const count = () => run(rg, ['-c', rare[0], './'], { cwd: folder })
  // The first run of each reads the files from disk and caches the commits.
  for (const first of [() => ask(texts[0], []), count]) first()
  const rounds = texts.map((text) => {
    const plain = ask(text, WITHOUT_HISTORY)
    const search = count()
    const history = ask(text, [])
    const used = JSON.parse(
      ask(text, WITHOUT_HISTORY, ['--import', `data:text/javascript,${encodeURIComponent(REPORT)}`])
        .stderr.split('\n')
        .at(-1),
    )
    return { plain, search, history, used }
  })
  const over = (measure) => median(rounds.map(measure))
  return {
    coldStartMs: Math.round(over(({ plain }) => plain.ms - JSON.parse(plain.stdout).stats.ms.total)),
    commandMs: Math.round(over(({ plain }) => plain.ms)),
    commandHistoryMs: Math.round(over(({ history }) => history.ms)),
    rgMs: round(
      over(({ search }) => search.ms),
      1,
    ),
    commandOverRg: round(
      over(({ plain, search }) => plain.ms / search.ms),
      1,
    ),
    commandHistoryOverRg: round(
      over(({ history, search }) => history.ms / search.ms),
      1,
    ),
    commandCpuMs: Math.round(over(({ used }) => used.cpuUs / 1_000)),
    commandPeakMb: Math.round((Math.max(...rounds.map(({ used }) => used.maxRss)) * KILOBYTE) / MEGABYTE),
  }
}

function run(program, args, { input = '', cwd } = {}) {
  const start = performance.now()
  const { stdout, status, stderr } = spawnSync(program, args, {
    input,
    cwd,
    encoding: 'utf8',
    maxBuffer: 100 * MEGABYTE,
  })
  const ms = performance.now() - start
  // Exit code 1 is a search without a result.
  if (status !== 0 && status !== 1) throw new Error(`${program} ${args.join(' ')} failed: ${stderr}`)
  return { ms, stdout, stderr }
}
