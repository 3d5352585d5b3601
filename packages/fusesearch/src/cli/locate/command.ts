import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { DEFAULT_MAX_BREADTH, DEFAULT_MAX_TURNS, type RunListener } from '../../agent/index.ts'
import type { Snippets } from '../../ask/index.ts'
import { type LocateOptions, type LocateResult, locate } from '../../locate/index.ts'
import { cacheFolder, gitPlaceOf } from '../../programs/index.ts'
import { type Backend, MODEL_LIMITS, PROGRAM_LIMITS, type ToolName } from '../../search/index.ts'
import { addBackendFlags, type BackendFlags, backendOf } from '../backend.ts'
import type { DefineContext, ExitCode, Terminal } from '../command.ts'
import { ENCODER_HELP, openEncoderOf, readerOf } from '../encoder/open.ts'
import { addLlmFlags, type LlmFlags, refuseModelFlags } from '../llm/flags.ts'
import { durationMs, TOOLS_HELP, toolNames, wholeNumber } from '../options.ts'
import { asksModel, type ClosablePolicy, createPolicy, POLICY_NAMES } from '../policy.ts'
import { readIssue } from '../read-issue.ts'
import { toShownJson, toShownText } from '../render/shown-text.ts'
import { openTrajectory } from '../trajectory.ts'
import { readWeights, refuseIdleWeights, WEIGHTS_HELP } from '../weights.ts'

const HELP_AFTER = `
Examples:
  $ fusesearch locate "TypeError when the config file is empty"
  $ fusesearch locate --file issue.md --repo ../project --json
  $ gh issue view 42 | fusesearch locate -
  $ fusesearch locate --rev v1.4.0 --path src "Timeout is ignored"
  $ fusesearch locate --policy llm --model qwen3:4b --base-url http://localhost:11434/v1 "Crash on start"

With --snippets it prints the code: whole definitions if they fit, otherwise their beginnings.
In a pipe each line is a place with two more columns, answer or candidate, and its confidence or score:
  path:start-end name<tab>answer<tab>0.91
Exit codes: 0 found, 1 no candidate at all, 2 an error, 130 stopped by Ctrl-C.`

const DEFAULT_REPOSITORY = '.'

/** As `readSnippets` has it; the room is loaded only where snippets are wanted. */
const DEFAULT_SNIPPET_TOKENS = 2_000

interface LocateFlags extends LlmFlags, BackendFlags {
  readonly file?: string
  readonly repo: string
  readonly rev?: string
  readonly path?: string
  readonly policy: string
  readonly weights?: string
  readonly encoder?: string
  readonly maxTurns?: number
  readonly maxBreadth?: number
  readonly deadline?: number
  readonly top?: number
  readonly snippets?: boolean
  readonly tokens?: number
  readonly json?: boolean
  readonly pretty?: boolean
  readonly trajectory?: string
  readonly full?: boolean
  readonly seed: number
  readonly includeTests?: boolean
  readonly tools?: readonly ToolName[]
  readonly quiet?: boolean
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  const place = command
    .argument('[issue...]', 'text of the issue, with or without quotes; - or none reads standard input')
    .optionsGroup('Search:')
    .option('-f, --file <file>', 'read the issue from a file')
    .option('-r, --repo <dir>', 'repository to search', DEFAULT_REPOSITORY)
    .option('--rev <commit>', 'search the files of a commit without touching the work tree')
    .option('--path <dir>', 'search only this folder of the repository')
  const base = addBackendFlags(place)
    .option('--include-tests', 'rank tests like other files')
    .option(
      '--max-turns <n>',
      `maximum number of turns, answer included (default: ${DEFAULT_MAX_TURNS})`,
      wholeNumber(1),
    )
    .option('--max-breadth <n>', `maximum number of calls per turn (default: ${DEFAULT_MAX_BREADTH})`, wholeNumber(1))
    .option('--deadline <time>', 'return the best answer so far after this time: 500ms, 2s, 1m', durationMs)
    .addOption(new Option('-p, --policy <name>', 'how to search').choices(POLICY_NAMES).default('embedded'))
    .option('--weights <file>', WEIGHTS_HELP)
    .option('--encoder <name>', ENCODER_HELP)
    .option('--tools <names>', `${TOOLS_HELP} (default: with history, in a git repository)`, toolNames)
    .option('--seed <n>', 'seed of the policy', wholeNumber(0), 0)
    .optionsGroup('Output:')
    .option('-n, --top <n>', 'files of the ranking to show besides the answer', wholeNumber(0))
    .option('--snippets', 'print the code of the places as Markdown; with --json, in the object')
    .option(
      '--tokens <n>',
      `tokens of the snippets (default: ${DEFAULT_SNIPPET_TOKENS}); implies --snippets`,
      wholeNumber(1),
    )
    .option('--json', 'print one JSON object')
    .option('--pretty', 'print turns and answer as on a terminal, in a pipe too')
    .option('-q, --quiet', 'print only the answer, without turns and notices')
    .option('--trajectory <file>', 'record the run as JSON lines')
    .option('--full', 'record complete observations, so that the run can be replayed')
  addLlmFlags(base, { fallback: 'embedded' })
    .addHelpText('after', HELP_AFTER)
    .action(action((words: readonly string[], flags: LocateFlags) => runLocate(words, flags, terminal)))
}

async function runLocate(words: readonly string[], flags: LocateFlags, terminal: Terminal): Promise<ExitCode> {
  const argument = words.length === 0 ? undefined : words.join(' ')
  const issue = await readIssue({ argument, file: flags.file }, terminal)
  const isPretty = (terminal.stdout.isTTY || flags.pretty) && !flags.json
  const backend = await backendOf(flags, terminal.env)
  const made = await makePolicy(flags, terminal)
  try {
    const found = await locate({
      ...optionsOf(flags, made, terminal),
      ...(backend === undefined ? {} : { backend }),
      issue,
      ...(isPretty && !flags.quiet ? { onEvent: await turnsView(terminal) } : {}),
    })
    const result = { ...found, notices: [...partNotice(flags, terminal), ...found.notices] }
    await print(result, flags, { ...terminal, backend })
    return result.files.length > 0 || result.candidates.files.length > 0 ? 0 : 1
  } finally {
    await made.close()
  }
}

/** In a folder of a repository, a user who names none may have meant the whole repository. */
function partNotice({ backend, path, repo }: LocateFlags, { cwd }: Terminal): readonly string[] {
  if (backend !== undefined || repo !== DEFAULT_REPOSITORY || path !== undefined) return []
  const place = gitPlaceOf(cwd)
  if (place.kind !== 'work-tree' || place.top === cwd) return []
  const message = `Only this folder of the repository ${place.top} was searched, and paths start here. To search all of it: --repo ${place.top}`
  return [message]
}

async function makePolicy(flags: LocateFlags, { cwd, env }: Terminal): Promise<ClosablePolicy> {
  const includeTests = flags.includeTests === true
  refuseIdleWeights(flags.weights, [flags.policy])
  const encoder = await openEncoderOf(flags.encoder, { env, cwd })
  const closing = (made: ClosablePolicy): ClosablePolicy => ({
    policy: made.policy,
    close: async () => void (await Promise.all([made.close(), encoder?.close()])),
  })
  if (!asksModel(flags.policy)) {
    refuseModelFlags(flags, flags.policy)
    const weights = await readWeights(flags.weights, cwd)
    const reader = readerOf(encoder, weights)
    return closing(await createPolicy(flags.policy, { includeTests, weights, reader, llm: null, env, cwd }))
  }
  const { resolveLlm } = await import('../llm/create.ts')
  const llm = resolveLlm(flags, { env, cwd })
  return closing(await createPolicy(flags.policy, { includeTests, reader: readerOf(encoder), llm, env, cwd }))
}

function optionsOf(flags: LocateFlags, { policy }: ClosablePolicy, terminal: Terminal): Omit<LocateOptions, 'issue'> {
  const { cwd, env, signal } = terminal
  const { breadth, deadline, maxTurns, rev } = flags
  const limits = asksModel(flags.policy) ? MODEL_LIMITS : PROGRAM_LIMITS
  // The loop holds a model to its breadth and records what it cut.
  const maxBreadth = flags.maxBreadth ?? (asksModel(flags.policy) && breadth !== 'adaptive' ? breadth : undefined)
  return {
    repository: resolve(cwd, flags.repo),
    ...(flags.path === undefined ? {} : { path: flags.path }),
    ...(rev === undefined ? {} : { commit: { revision: rev, cacheDir: cacheFolder(env), environment: env } }),
    policy,
    limits,
    seed: flags.seed,
    ...(flags.tools === undefined ? {} : { tools: flags.tools }),
    environment: env,
    budget: {
      ...(maxTurns === undefined ? {} : { maxTurns }),
      ...(maxBreadth === undefined ? {} : { maxBreadth }),
      ...(deadline === undefined ? {} : { deadlineMs: deadline }),
    },
    ...openTrajectory(flags, terminal, limits),
    signal,
  }
}

async function turnsView(terminal: Terminal): Promise<RunListener> {
  const [{ createTurnsView }, { styleOf }] = await Promise.all([
    import('../render/turns.ts'),
    import('../render/style.ts'),
  ])
  return createTurnsView(terminal.stdout, styleOf(terminal))
}

/** Where to print, and what was searched in place of a folder. */
interface Printing extends Terminal {
  readonly backend: Backend | undefined
}

async function print(result: LocateResult, flags: LocateFlags, terminal: Printing): Promise<void> {
  const { stderr, stdout } = terminal
  const found = flags.snippets || flags.tokens !== undefined ? await snippetsOf(result, flags, terminal) : undefined
  if (flags.json) {
    const shown = cutRanking(result, flags.top)
    stdout.write(`${toShownJson(found === undefined ? shown : { ...shown, snippets: found }, 2)}\n`)
    return
  }
  if (found !== undefined) {
    const { renderSnippets } = await import('../render/snippets.ts')
    stdout.write(renderSnippets(found.snippets))
    if (flags.quiet) return
    for (const notice of [...result.notices, ...leftOutNotices(found)])
      stderr.write(`fusesearch: ${toShownText(notice)}\n`)
    return
  }
  if (stdout.isTTY || flags.pretty) {
    const [{ renderAnswer }, { styleOf }] = await Promise.all([
      import('../render/answer.ts'),
      import('../render/style.ts'),
    ])
    const shown = { ...result, notices: flags.quiet ? [] : [...result.notices, ...nextSteps(result)] }
    // Lines of a commit may differ from those in the folder.
    const isFolder = flags.rev === undefined && flags.backend === undefined
    const linkRoot = isFolder ? resolve(terminal.cwd, flags.repo) : undefined
    stdout.write(renderAnswer(shown, styleOf(terminal, linkRoot), flags.top))
    return
  }
  const { renderPlain } = await import('../render/plain.ts')
  stdout.write(renderPlain(result, flags.top ?? 0))
  if (flags.quiet) return
  const nothing = nextSteps(result).map((next) => `No place found. ${next}`)
  for (const notice of [...result.notices, ...nothing]) stderr.write(`fusesearch: ${toShownText(notice)}\n`)
}

/** What to try if nothing was found. */
function nextSteps({ candidates, stoppedBy }: LocateResult): string[] {
  if (candidates.files.length > 0) return []
  if (stoppedBy === 'deadline') return ['Set a longer deadline.']
  return ['Name an identifier, a message or a path of the code in the issue.']
}

/** Most places that are named as left out; the rest are counted. */
const MAX_LEFT_OUT_SHOWN = 3

function leftOutNotices({ omitted, limit }: Snippets & { readonly limit: number }): string[] {
  if (omitted.length === 0) return []
  const named = omitted.slice(0, MAX_LEFT_OUT_SHOWN)
  const places = named.map(({ path, startLine, endLine }) => `${path}:${startLine}-${endLine}`).join(', ')
  const more = omitted.length > named.length ? ` and ${omitted.length - named.length} more` : ''
  return [`Left out beyond ${limit} tokens: ${places}${more}. Raise --tokens to show more.`]
}

/** The code of the answer's functions, then of its evidence for files without functions, then of further candidates. */
async function snippetsOf(
  result: LocateResult,
  { repo, rev, tokens = DEFAULT_SNIPPET_TOKENS }: LocateFlags,
  { backend, cwd, env, signal }: Printing,
): Promise<Snippets & { readonly limit: number }> {
  const { locatedPlaces, readSnippets } = await import('../../ask/index.ts')
  const commit = rev === undefined ? {} : { commit: { revision: rev, cacheDir: cacheFolder(env), environment: env } }
  const elsewhere = backend === undefined ? {} : { backend }
  const place = { repository: resolve(cwd, repo), ...elsewhere, ...commit, signal }
  return { limit: tokens, ...(await readSnippets(place, locatedPlaces(result), tokens)) }
}

/** `--top` also shortens the ranking of the JSON output, which is complete by default. */
function cutRanking(result: LocateResult, top: number | undefined): LocateResult {
  if (top === undefined) return result
  const files = result.candidates.files.slice(0, top)
  const paths = new Set(files.map(({ path }) => path))
  const functions = result.candidates.functions.filter(({ path }) => paths.has(path))
  return { ...result, candidates: { files, functions } }
}
