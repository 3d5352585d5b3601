import { type Command, InvalidArgumentError, Option } from 'commander'
import { FuseSearchError } from '../../core/index.ts'
import { wholeNumber } from '../options.ts'

/** Flags of every command that can run the LLM policy. */
export interface LlmFlags {
  readonly model?: string
  readonly baseUrl?: string
  readonly wire?: string
  readonly breadth: 'adaptive' | number
  readonly toolForm: 'native' | 'text'
  readonly temperature?: number
  readonly maxTokens?: number
  readonly maxReplyTokens?: number
  readonly maxResultTokens?: number
  readonly contextLength?: number
  readonly threads?: number
  readonly maxCost?: number
  readonly priceIn?: number
  readonly priceOut?: number
  readonly priceCached?: number
  readonly seedWith?: 'embedded'
  readonly fallback: 'embedded' | 'none'
  readonly trust?: number
  readonly novelty: boolean
  readonly foldAfter?: number
}

/** The tools and an issue alone use more than half of this. */
const MIN_CONTEXT = 2_048

/** The policies that use a model. */
export const LLM_POLICY_NAMES: readonly string[] = ['llm', 'llm-no-tools']

/** Adds {@link LlmFlags}. An evaluation has no fallback by default: it measures the model's answers only. */
export function addLlmFlags(command: Command, { fallback }: { readonly fallback: 'embedded' | 'none' }): Command {
  return addModelFlags(command.optionsGroup('Model:'))
    .option('--breadth <n>', 'calls per turn: adaptive (the model chooses), 1 or N', breadth, 'adaptive')
    .addOption(
      new Option('--tool-form <form>', 'how the model gets its tools and makes calls')
        .choices(['native', 'text'])
        .default('native'),
    )
    .option('--temperature <t>', "sampling temperature, 0 to 2 (default: the endpoint's)", temperature)
    .option('--max-tokens <n>', 'maximum tokens of a run, in and out, before the model must answer', wholeNumber(1))
    .option('--max-reply-tokens <n>', 'maximum tokens of one reply', wholeNumber(1))
    .option('--max-result-tokens <n>', 'maximum tokens of the results of a turn', wholeNumber(1))
    .option(
      '--context-length <n>',
      'context length of the model in tokens; budgets are cut to fit',
      wholeNumber(MIN_CONTEXT),
    )
    .option('--threads <n>', 'threads of a GGUF model (default: number of cores minus one)', wholeNumber(1))
    .option('--max-cost <x>', 'maximum cost of a run before the model must answer; needs the prices', amount)
    .option('--price-in <x>', 'price of a million input tokens', amount)
    .option('--price-out <x>', 'price of a million output tokens', amount)
    .option('--price-cached <x>', "price of a million input tokens from the endpoint's cache", amount)
    .addOption(
      new Option('--seed-with <policy>', 'run this policy first and tell the model what it found').choices([
        'embedded',
      ]),
    )
    .addOption(
      new Option('--fallback <policy>', 'policy that answers if the model fails or is trusted less')
        .choices(['embedded', 'none'])
        .default(fallback),
    )
    .option('--trust <p>', "share of issues on which the model's first file is right, 0 to 1 (default: 0)", share)
    .option('--novelty', 'tell the model how much of each result was new', false)
    .option('--fold-after <turns>', 'fold results older than this many turns', wholeNumber(1))
    .optionsGroup('')
}

/** Adds the flags that name a model, for every command that uses one. */
export function addModelFlags(command: Command): Command {
  return command
    .option('--model <name>', 'name of the model, as its endpoint knows it (FUSESEARCH_MODEL)')
    .option('--base-url <url>', 'endpoint, such as http://localhost:8000/v1 (FUSESEARCH_BASE_URL)')
    .option('--wire <form>', 'protocol: openai or anthropic (default: by the base URL; FUSESEARCH_WIRE)')
}

/** Data from which a process can make the policy again: plain data without a key. Part of a run's identity. */
export interface LlmSettings {
  readonly model: string
  readonly baseUrl: string | null
  readonly wire: string | null
  readonly flags: Omit<LlmFlags, 'model' | 'baseUrl' | 'wire'>
}

const OPTIONAL_FLAGS = [
  'temperature',
  'maxTokens',
  'maxReplyTokens',
  'maxResultTokens',
  'contextLength',
  'threads',
  'maxCost',
  'priceIn',
  'priceOut',
  'priceCached',
  'seedWith',
  'trust',
  'foldAfter',
] as const satisfies readonly (keyof LlmFlags)[]

/** The policy's own flags. Throws `bad-argument` for an incomplete set of prices. */
export function readLlmFlags(all: LlmFlags): LlmSettings['flags'] {
  const { priceIn, priceOut, priceCached, maxCost } = all
  if ((priceIn === undefined) !== (priceOut === undefined)) {
    throw bad(`--price-${priceIn === undefined ? 'in' : 'out'} is missing. Give both prices, 0 for no cost.`)
  }
  if (priceIn === undefined && (maxCost !== undefined || priceCached !== undefined)) {
    const flag = maxCost === undefined ? '--price-cached' : '--max-cost'
    throw bad(`${flag} needs the model's prices. Give --price-in and --price-out per million tokens.`)
  }
  const { breadth: calls, toolForm, fallback, novelty } = all
  // Flags that weren't given are left out, because a resumed run compares this data with its own.
  const given = OPTIONAL_FLAGS.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]] as const]))
  const optional: Partial<LlmFlags> = Object.fromEntries(given)
  return { breadth: calls, toolForm, fallback, novelty, ...optional }
}

/** Throws `bad-argument` if a model is named but no policy uses one. */
export function refuseModelFlags({ model, baseUrl, wire }: LlmFlags, policies: string): void {
  const named = Object.entries({ '--model': model, '--base-url': baseUrl, '--wire': wire })
  const [flag] = named.find(([, value]) => value !== undefined) ?? []
  if (flag === undefined) return
  throw bad(
    `${flag} is for a language model, but --policy ${policies} uses none. Add --policy ${LLM_POLICY_NAMES[0]}, or leave ${flag} out.`,
  )
}

function breadth(value: string): 'adaptive' | number {
  if (value === 'adaptive') return value
  if (/^[1-9]\d{0,2}$/.test(value)) return Number(value)
  throw new InvalidArgumentError('Give adaptive, or a whole number of calls from 1 to 999.')
}

function temperature(value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && number >= 0 && number <= 2) return number
  throw new InvalidArgumentError('Give a number from 0 to 2.')
}

function share(value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && number >= 0 && number <= 1) return number
  throw new InvalidArgumentError('Give a share from 0 to 1, such as 0.7.')
}

function amount(value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && number >= 0 && Number.isFinite(number)) return number
  throw new InvalidArgumentError('Give a number of 0 or more.')
}

function bad(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
