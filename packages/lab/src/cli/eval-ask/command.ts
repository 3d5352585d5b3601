import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import {
  type DefineContext,
  ENCODER_HELP,
  type ExitCode,
  openEncoderOf,
  type Terminal,
  toShownJson,
  wholeNumber,
} from 'fusesearch/cli'
import { FuseSearchError } from 'fusesearch/core'
import { isEvaluationRepository } from '../../datasets/index.ts'
import { ANSWERERS, evaluateQuestions, type QuestionReport } from '../../evaluation/index.ts'

const HELP_AFTER = `
Each folder is a checkout named OWNER+NAME. Sentences of its documents that name one function or type become questions:
the names are removed, and the named code is the gold. Repositories of evaluation sets are refused.

Example:
  $ fusesearch eval-ask trees/pvlib+pvlib-python trees/pyro-ppl+pyro --count 100

Exit codes: 0 done, 2 an error.`

interface EvalAskFlags {
  readonly count: number
  readonly seed: number
  readonly encoder?: string
  readonly json?: boolean
}

export function define(command: Command, { terminal, action }: DefineContext): void {
  command
    .argument('<folders...>', 'checkouts, each named OWNER+NAME')
    .option('--count <n>', 'maximum number of questions', wholeNumber(1), 200)
    .option('--seed <n>', 'seed of the sample', wholeNumber(0), 1)
    .option('--encoder <name>', ENCODER_HELP)
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP_AFTER)
    .action(action((folders: string[], flags: EvalAskFlags) => runEvalAsk(folders, flags, terminal)))
}

async function runEvalAsk(folders: readonly string[], flags: EvalAskFlags, terminal: Terminal): Promise<ExitCode> {
  const repositories = folders.map((folder) => {
    const name = basename(resolve(terminal.cwd, folder)).replace('+', '/')
    if (!name.includes('/') || isEvaluationRepository(name)) {
      const fact = name.includes('/') ? 'belongs to an evaluation set' : 'has no name of the form OWNER+NAME'
      const message = `${folder} ${fact}. Give checkouts of other repositories, named OWNER+NAME.`
      throw new FuseSearchError(message, { code: 'bad-argument' })
    }
    return { name, root: resolve(terminal.cwd, folder) }
  })
  const onAsked = (done: number, all: number): void => {
    if (terminal.stderr.isTTY) terminal.stderr.write(`\r${done} of ${all} questions${done === all ? '\n' : ''}`)
  }
  const { count, seed } = flags
  const encoder = await openEncoderOf(flags.encoder, terminal)
  const { signal } = terminal
  const report = await evaluateQuestions({ repositories, count, seed, encoder, signal, onAsked }).finally(() =>
    encoder?.close(),
  )
  terminal.stdout.write(flags.json ? `${toShownJson(report, 2)}\n` : textOf(report))
  return 0
}

function textOf({ questions, byRepository, rates, askMs }: QuestionReport): string {
  const rows = (['development', 'heldOut'] as const).flatMap((part) =>
    ANSWERERS.map((one) => {
      const { hit1, hit5, file5, questions: count } = rates[part][one]
      const cells = [hit1, hit5, file5].map((share) => share.toFixed(1).padStart(7)).join('')
      return `${part.padEnd(12)} ${one.padEnd(14)}${String(count).padStart(5)}${cells}`
    }),
  )
  return [
    `${questions} questions of ${Object.keys(byRepository).length} repositories`,
    `${' '.repeat(27)}    n  hit@1  hit@5 file@5`,
    ...rows,
    `ask: ${askMs.p50} ms median, ${askMs.p95} ms 95th percentile, warm`,
    '',
  ].join('\n')
}
