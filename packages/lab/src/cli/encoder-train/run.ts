import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { type ExitCode, readVersion, type Terminal, toShownText } from 'fusesearch/cli'
import { FuseSearchError, systemClock } from 'fusesearch/core'
import { DEFAULT_WEIGHTS } from 'fusesearch/policies'
import type { ToolName } from 'fusesearch/search'
import { type Instance, repositoryIdentity } from '../../datasets/index.ts'
import { createPreparer, digestInstances } from '../../evaluation/index.ts'
import { describeSetup, preparePython, runPython, writeWhole } from '../../host/index.ts'
import { createStatusLine } from '../../report/index.ts'
import { chooseValidation, DEFAULT_SETTINGS, type TuneResult, tuneEncoder } from '../../training/index.ts'
import { type DatasetFlags, openRepositories, plainRepositories } from '../run/dataset.ts'
import { readSides, readTraining, type Sides } from '../train/samples.ts'
import { createView, share } from './view.ts'

/** Flags of `encoder train`. */
export interface TrainFlags extends DatasetFlags {
  readonly validation?: string
  readonly base: string
  readonly out: string
  readonly licence?: string
  readonly epochs: number
  readonly loss: string
  readonly learningRate: number
  readonly seed: number
  readonly threads: number
  readonly tools?: readonly ToolName[]
  readonly exclude: readonly string[]
  readonly python?: string
  readonly json: boolean
  readonly quiet: boolean
}

const LOG_MS = 60_000
/** Share of the samples that is held out where no file says which. */
const HELD_OUT = 0.2
const NEEDS = { name: 'encoder', modules: ['torch', 'transformers', 'onnx', 'onnxruntime'] }
const BASE_FILES = ['config.json', 'model.safetensors', 'tokenizer.json']
/** The version of card.json; it grows when a field changes its meaning or goes. */
const CARD_VERSION = 1

/** Makes pairs, trains, and writes the card. Exit code 1: no epoch was better than the untrained model. */
export async function runEncoderTune(samples: string, flags: TrainFlags, terminal: Terminal): Promise<ExitCode> {
  const { cwd, env, signal, stderr, stdout } = terminal
  const [base, folder] = [resolve(cwd, flags.base), resolve(cwd, flags.out)]
  refuseIncomplete(base, flags.base)
  const sides = await sidesOf(samples, flags, terminal)
  const given = flags.python === undefined ? undefined : pathOf(flags.python, cwd)
  const say = (line: string): void => void stderr.write(`${toShownText(line)}\n`)
  const python = await preparePython(NEEDS, terminal, { given, say })
  const repositories = await plainRepositories(flags, terminal)
  const preparer = createPreparer(openRepositories(repositories, env))
  const status = flags.quiet ? undefined : createStatusLine(stderr, { clock: systemClock, logMs: LOG_MS })
  const view = createView(flags.epochs)
  try {
    const result = await tuneEncoder({
      ...sides,
      weights: DEFAULT_WEIGHTS,
      settings: {
        ...DEFAULT_SETTINGS,
        toolSets: flags.tools === undefined ? DEFAULT_SETTINGS.toolSets : [flags.tools],
      },
      preparer,
      observations: join(repositories.cacheDir, 'observations'),
      folder,
      signal,
      train: (more, onLine) => {
        const args = ['-m', 'fusesearch_rl.encoder', ...more, ...trainerFlags(base, flags)]
        return runPython(python, args, { terminal, threads: flags.threads, onLine })
      },
      onProgress: (progress) => status?.show(view(progress), progress.kind === 'epoch'),
    })
    status?.end()
    const card = { ...(await cardOf({ samples, base, sides, flags }, terminal)), ...result }
    writeWhole(join(folder, 'card.json'), `${JSON.stringify(card, null, 2)}\n`)
    stdout.write(flags.json ? `${JSON.stringify(card, null, 2)}\n` : describe(result, flags.out))
    return result.best === 0 ? 1 : 0
  } finally {
    status?.end()
    await preparer.close()
  }
}

function trainerFlags(base: string, { epochs, learningRate, loss, seed, threads }: TrainFlags): readonly string[] {
  const flags = { epochs, 'learning-rate': learningRate, loss, seed, threads, base, name: 'tuned' }
  return Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)])
}

/** Throws `bad-argument` for a folder without a model. */
function refuseIncomplete(base: string, given: string): void {
  const absent = BASE_FILES.filter((name) => !existsSync(join(base, name)))
  if (absent.length === 0) return
  const message = `--base ${given} has no ${absent.join(', ')}. Name the folder of an encoder in Hugging Face's format.`
  throw new FuseSearchError(message, { code: 'bad-argument' })
}

/** A name without a folder is looked for on PATH. */
function pathOf(python: string, cwd: string): string {
  return /[\\/]/.test(python) ? resolve(cwd, python) : python
}

async function sidesOf(samples: string, flags: TrainFlags, terminal: Terminal): Promise<Sides> {
  const { validation } = flags
  if (validation !== undefined) return readSides(samples, { ...flags, validation }, { terminal })
  const all = await readTraining(samples, flags, terminal)
  const repos = all.map(({ repo }) => repo)
  const chosen = chooseValidation({ repos, validation: HELD_OUT, seed: flags.seed })
  const isHeldOut = ({ repo }: Instance): boolean => chosen.has(repositoryIdentity(repo))
  return { training: all.filter((one) => !isHeldOut(one)), validation: all.filter(isHeldOut) }
}

interface CardParts {
  readonly samples: string
  readonly base: string
  readonly sides: Sides
  readonly flags: TrainFlags
}

/** What the card says besides the result. */
async function cardOf({ samples, base, sides, flags }: CardParts, terminal: Terminal): Promise<object> {
  const { commit, machine } = await describeSetup(terminal)
  const weights = readFileSync(join(base, 'model.safetensors'))
  return {
    version: CARD_VERSION,
    base: {
      name: basename(base),
      licence: flags.licence ?? licenceOf(base),
      sha256: createHash('sha256').update(weights).digest('hex'),
    },
    data: { training: sideOf(samples, sides.training), heldOut: sideOf(flags.validation ?? samples, sides.validation) },
    program: { version: readVersion(), commit, machine },
  }
}

function sideOf(file: string, side: readonly Instance[]): object {
  const repositories = new Set(side.map(({ repo }) => repositoryIdentity(repo))).size
  return { file: basename(file), samples: side.length, repositories, digest: digestInstances(side) }
}

/** The licence at the top of a model's README.md, as Hugging Face writes it; null if it isn't said. */
function licenceOf(base: string): string | null {
  const file = join(base, 'README.md')
  if (!existsSync(file)) return null
  const head = /^---\n([\s\S]*?)\n---/.exec(readFileSync(file, 'utf8'))?.[1] ?? ''
  return /^license:\s*(\S+)/m.exec(head)?.[1] ?? null
}

function describe({ best, differences, epochs, skipped, untrained, tuned, file }: TuneResult, out: string): string {
  const rows = (['files', 'functions'] as const).flatMap((kind) => {
    const [before, after] = [untrained.all[kind], tuned.all[kind]]
    if (before === undefined || after === undefined) return []
    const { first, likelihood } = differences[kind]
    return [
      `  ${kind}: first right by similarity alone ${share(before.alone, before.open)} untrained, ${share(after.alone, after.open)} tuned (${range(first, 100, 1)}); likelihood ${range(likelihood, 1, 3)} nats, of ${before.open} rankings`,
    ]
  })
  const outcome =
    best === 0
      ? 'No epoch was better than the untrained model, which is what the file holds. Take more samples, or fewer epochs.'
      : `The best of ${epochs.length - 1} epochs was ${best}.`
  return [
    `Held out, ${skipped} samples skipped in all:`,
    ...rows,
    outcome,
    `Encoder: ${join(out, file)}, for --encoder; measure whole searches with it: fusesearch eval`,
    `Card: ${join(out, 'card.json')}`,
    '',
  ].join('\n')
}

function range(
  { mean, low, high }: TuneResult['differences']['files']['first'],
  factor: number,
  digits: number,
): string {
  const [middle, from, to] = [mean, low, high].map((value) => {
    const scaled = (value ?? 0) * factor
    return `${scaled < 0 ? '' : '+'}${scaled.toFixed(digits)}`
  })
  return `${middle} [${from}, ${to}]`
}
