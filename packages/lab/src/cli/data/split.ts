import { readFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { type Command, InvalidArgumentError } from 'commander'
import { type DefineContext, type ExitCode, type Terminal, toShownText, wholeNumber } from 'fusesearch/cli'
import { FuseSearchError, readJsonLines } from 'fusesearch/core'
import { loadDataset, repositoryIdentity } from '../../datasets/index.ts'
import { chooseValidation, refuseEvaluation } from '../../training/index.ts'
import { excludeOption, readExclusions } from '../run/dataset.ts'
import { manifestFile, refuseOverwriting, samplesOf, writeWithManifest } from './write.ts'

interface SplitFlags {
  readonly validation: number
  readonly seed: number
  readonly outTrain: string
  readonly outValidation: string
  readonly manifest?: string
  readonly exclude: readonly string[]
}

/** Adds `data split`. */
export function defineSplit(command: Command, { terminal, action }: DefineContext): void {
  command
    .command('split')
    .summary('samples for training and for validation, by repository')
    .description(
      'Splits samples so that each repository, under all its names, is on one side. Lines are copied unchanged.',
    )
    .argument('<files...>', 'samples as JSON lines')
    .requiredOption('--out-train <file>', 'file for the training samples')
    .requiredOption('--out-validation <file>', 'file for the validation samples')
    .option(
      '--validation <share>',
      'maximum share of the samples for validation, as far as repositories allow',
      share,
      0.2,
    )
    .option('--seed <n>', 'seed of the split', wholeNumber(0), 0)
    .option('--manifest <file>', 'file for counts and digests')
    .addOption(excludeOption())
    .action(action((files: readonly string[], flags: SplitFlags) => runSplit(files, flags, terminal)))
}

interface Line {
  readonly repo: string
  readonly text: string
}

async function runSplit(files: readonly string[], flags: SplitFlags, terminal: Terminal): Promise<ExitCode> {
  const { outTrain, outValidation, manifest } = flags
  refuseOverwriting(terminal.cwd, { reads: files, writes: [outTrain, outValidation, manifest] })
  const exclusions = await readExclusions(flags.exclude, terminal)
  const inputs = []
  for (const path of files) inputs.push(await readLines(path, terminal))
  const lines = inputs.flatMap((input) => input.lines)
  const repos = lines.map(({ repo }) => repo)
  refuseEvaluation(repos, exclusions, 'Leave these samples out')
  const { validation, seed } = flags
  const chosen = chooseValidation({ repos, validation, seed })
  const sides = [outTrain, outValidation].map((path, index) => {
    const own = lines.filter(({ repo }) => chosen.has(repositoryIdentity(repo)) === (index === 1))
    return { path, text: own.map(({ text }) => `${text}\n`).join(''), samples: own.length, repos: identities(own) }
  })
  writeWithManifest(terminal.cwd, {
    outputs: sides,
    manifest,
    command: 'data split',
    options: { validation, seed, exclude: flags.exclude },
    inputs: inputs.map(({ file }) => file),
    facts: {
      sides: sides.map((side) => ({ name: basename(side.path), samples: side.samples, repositories: side.repos })),
    },
  })
  for (const { path, samples, repos: names } of sides)
    terminal.stdout.write(`${toShownText(path)}: ${samplesOf(samples, names.length)}\n`)
  return 0
}

/** The lines unchanged; loading them as a dataset refuses lines that no command could use, by their number. */
async function readLines(path: string, { cwd }: Terminal) {
  const place = resolve(cwd, path)
  const { instances } = await loadDataset(place)
  const content = await readFile(place, 'utf8')
  const texts = content.replace(/^\uFEFF/, '').split('\n')
  const isLines = [...readJsonLines(content)].length === instances.length
  if (!isLines || instances.some(({ line }) => texts[line - 1] === undefined)) {
    const message = `${path} isn't a file of JSON lines. Make one with \`fusesearch data import\`.`
    throw new FuseSearchError(message, { code: 'bad-dataset' })
  }
  const lines = instances.map(({ repo, line }): Line => ({ repo, text: (texts[line - 1] ?? '').trimEnd() }))
  return { lines, file: manifestFile(basename(path), content) }
}

function identities(lines: readonly Line[]): readonly string[] {
  return [...new Set(lines.map(({ repo }) => repositoryIdentity(repo)))].sort()
}

function share(value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && number > 0 && number < 1) return number
  throw new InvalidArgumentError('Give a number above 0 and below 1.')
}
