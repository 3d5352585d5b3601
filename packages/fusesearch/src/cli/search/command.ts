import { type Command, Option } from 'commander'
import { inPlace } from '../../ask/index.ts'
import { FuseSearchError } from '../../core/index.ts'
import {
  announceUnreached,
  type Call,
  type GrepMode,
  type Observation,
  PROGRAM_LIMITS,
  type ToolLimits,
} from '../../search/index.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { gather, wholeNumber } from '../options.ts'
import { addPlaceFlags, type PlaceFlags, placeOf, printNotices } from '../place-flags.ts'
import { toShownJson, toShownText } from '../render/shown-text.ts'
import { type Colors, styleOf } from '../render/style.ts'

/** A mistyped name gets suggestions, as for a model. */
const LIMITS: ToolLimits = { ...PROGRAM_LIMITS, suggestions: 5 }

const HELP_AFTER = `
Patterns are Rust regular expressions, matched line by line; one walk of the tree searches all of them.

Examples:
  $ fusesearch search apply_discount 'class \\w*Cart' -g '**/*.py'
  $ fusesearch search TODO --mode counts
  $ fusesearch search --files -g 'src/**/*.ts'

Each line is path:line:text, path, or path:count. With several patterns, each has a heading.
Exit codes: 0 found, 1 no match, 2 an error or a bad pattern.`

interface SearchFlags extends PlaceFlags {
  readonly mode: GrepMode
  readonly context?: number
  readonly ignoreCase?: boolean
  readonly word?: boolean
  readonly fixed?: boolean
  readonly glob: readonly string[]
  readonly limit?: number
  readonly files?: boolean
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  addPlaceFlags(command.argument('[pattern...]', 'regular expressions to search for'))
    .addOption(
      new Option('-m, --mode <mode>', 'what to show').choices(['content', 'paths', 'counts']).default('content'),
    )
    .option('-C, --context <n>', 'lines around each match', wholeNumber(0))
    .option('-i, --ignore-case', 'ignore case')
    .option('-w, --word', 'match whole words only')
    .option('-F, --fixed', 'the patterns are plain text')
    .option('-g, --glob <pattern>', 'search only matching files; !PATTERN excludes files; repeatable', gather, [])
    .option('-n, --limit <n>', 'maximum number of matching lines or files per pattern', wholeNumber(1))
    .option('--files', 'list the files that match the globs')
    .addHelpText('after', HELP_AFTER)
    .action(action((patterns: string[], flags: SearchFlags) => runSearch(patterns, flags, terminal)))
}

async function runSearch(patterns: readonly string[], flags: SearchFlags, terminal: Terminal): Promise<ExitCode> {
  const calls = [...patterns.map((pattern) => grepOf(pattern, flags)), ...(flags.files ? [filesOf(flags)] : [])]
  if (calls.length === 0) {
    const message = 'There is nothing to search for. Give a pattern, or --files to list files.'
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const observations = await inPlace(await placeOf(flags, terminal), async (place, signal) => {
    const ran = await place.workspace.runTurn(calls, { limits: LIMITS, bytesLeft: LIMITS.maxBytesPerRun, signal })
    signal.throwIfAborted()
    const announced = announceUnreached(ran.observations, place.workspace.notices())
    return announced.map((seen) => withPaths(seen, (path) => place.toShownPath(path)))
  })
  if (flags.json) terminal.stdout.write(`${toShownJson({ version: 1, calls, observations }, 2)}\n`)
  else print(calls, observations, { flags, terminal })
  if (observations.some(({ ok }) => !ok)) return 2
  return observations.some(isFound) ? 0 : 1
}

function grepOf(pattern: string, { context, fixed, glob, ignoreCase, limit, mode, word }: SearchFlags): Call {
  return {
    tool: 'grep',
    arguments: {
      pattern,
      mode,
      ...(context === undefined ? {} : { context }),
      ...(ignoreCase ? { ignoreCase } : {}),
      ...(word ? { word } : {}),
      ...(fixed ? { literal: true } : {}),
      ...(glob.length > 0 ? { globs: glob } : {}),
      ...(limit === undefined ? {} : { headLimit: limit }),
    },
  }
}

function filesOf({ glob, ignoreCase, limit }: SearchFlags): Call {
  const patterns = glob.some((one) => !one.startsWith('!')) ? glob : ['**', ...glob]
  return {
    tool: 'glob',
    arguments: {
      patterns,
      ...(ignoreCase ? { ignoreCase } : {}),
      ...(limit === undefined ? {} : { headLimit: limit }),
    },
  }
}

function isFound(seen: Observation): boolean {
  if (!seen.ok) return false
  return seen.tool === 'grep' ? seen.totals.files > 0 : seen.tool === 'glob' && seen.total > 0
}

/** The observation with paths of the repository, if only a folder was searched. */
function withPaths(seen: Observation, toShownPath: (path: string) => string): Observation {
  if (!seen.ok || seen.tool === 'read_file' || seen.tool === 'history') return seen
  if (seen.tool === 'glob' || seen.mode === 'paths') return { ...seen, paths: seen.paths.map(toShownPath) }
  const shown = <T extends { readonly path: string }>(one: T): T => ({ ...one, path: toShownPath(one.path) })
  if (seen.mode === 'counts') return { ...seen, counts: seen.counts.map(shown) }
  return { ...seen, files: seen.files.map(shown) }
}

interface Printing {
  readonly flags: SearchFlags
  readonly terminal: Terminal
}

function print(calls: readonly Call[], observations: readonly Observation[], { flags, terminal }: Printing): void {
  const { colors } = styleOf(terminal)
  for (const [index, seen] of observations.entries()) {
    const call = calls[index]
    const what = call?.tool === 'grep' ? call.arguments.pattern : 'files'
    const rows = rowsOf(seen, colors)
    if (calls.length > 1) terminal.stdout.write(`${index === 0 ? '' : '\n'}${colors.bold(`# ${toShownText(what)}`)}\n`)
    terminal.stdout.write(rows.map((row) => `${row}\n`).join(''))
    printNotices(
      noticesOf(seen).map((notice) => (calls.length > 1 ? `${what}: ${notice}` : notice)),
      flags,
      terminal,
    )
  }
}

function rowsOf(seen: Observation, colors: Colors): string[] {
  if (!seen.ok || seen.tool === 'read_file' || seen.tool === 'history') return []
  const shown = (path: string): string => colors.cyan(toShownText(path))
  if (seen.tool === 'glob' || seen.mode === 'paths') return seen.paths.map(shown)
  if (seen.mode === 'counts')
    return seen.counts.map(({ path, count }) => `${shown(path)}:${colors.green(String(count))}`)
  return seen.files.flatMap(({ path, lines }) =>
    lines.map(({ line, text, isMatch }) => {
      const mark = isMatch ? ':' : '-'
      return `${shown(path)}${mark}${colors.green(String(line))}${mark}${toShownText(text)}`
    }),
  )
}

function noticesOf(seen: Observation): string[] {
  if (!seen.ok) return [seen.message]
  const near = seen.suggestions ?? []
  return [
    ...seen.notices.map(({ message }) => message),
    ...(isFound(seen) ? [] : ['No match.']),
    ...(near.length === 0 ? [] : [`Similar: ${near.join(', ')}`]),
  ]
}
