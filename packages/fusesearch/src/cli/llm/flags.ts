import { type Command, InvalidArgumentError, Option } from 'commander'
import { FuseSearchError } from '../../core/index.ts'
import { addModelFlags } from '../models/flags.ts'
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
  readonly maxCost?: number
  readonly priceIn?: number
  readonly priceOut?: number
  readonly priceCached?: number
  readonly seedWith?: 'embedded'
  readonly fallback: 'embedded' | 'none'
  readonly novelty: boolean
  readonly foldAfter?: number
}

/** The policies that ask a model. */
export const LLM_POLICY_NAMES: readonly string[] = ['llm', 'llm-no-tools']

/** Adds {@link LlmFlags}. An evaluation has no fallback by default: another policy's answer is none of the model's. */
export function addLlmFlags(command: Command, { fallback }: { readonly fallback: 'embedded' | 'none' }): Command {
  return addModelFlags(command)
    .option('--breadth <n>', 'calls a turn of the model: adaptive, 1 or N', breadth, 'adaptive')
    .addOption(
      new Option('--tool-form <form>', 'how a model is told of its tools')
        .choices(['native', 'text'])
        .default('native'),
    )
    .option('--temperature <t>', "sampling temperature, 0 to 2 (default: the endpoint's)", temperature)
    .option('--max-tokens <n>', 'tokens of a run, in and out, before the model must answer', wholeNumber(1))
    .option('--max-reply-tokens <n>', 'tokens of one reply', wholeNumber(1))
    .option('--max-cost <x>', 'cost of a run before the model must answer; needs the prices', amount)
    .option('--price-in <x>', 'price of a million tokens in', amount)
    .option('--price-out <x>', 'price of a million tokens out', amount)
    .option('--price-cached <x>', "price of a million tokens in from the endpoint's cache", amount)
    .addOption(
      new Option('--seed-with <policy>', "take this policy's first turn for the model's").choices(['embedded']),
    )
    .addOption(
      new Option('--fallback <policy>', 'who searches on and answers when the model fails')
        .choices(['embedded', 'none'])
        .default(fallback),
    )
    .option('--novelty', 'tell the model how much of each result was new', false)
    .option('--fold-after <turns>', 'fold results that are older than so many turns', wholeNumber(1))
}

/** What a process needs to make the policy again: plain data without any key, and part of what a run is. */
export interface LlmSettings {
  readonly model: string
  readonly baseUrl: string | null
  readonly wire: string | null
  readonly flags: Omit<LlmFlags, 'model' | 'baseUrl' | 'wire'>
}

/** The flags of the policy without those of other commands' flags. Throws `bad-argument` for prices that are half given. */
export function readLlmFlags(all: LlmFlags): LlmSettings['flags'] {
  const { priceIn, priceOut, priceCached, maxCost } = all
  if ((priceIn === undefined) !== (priceOut === undefined)) {
    throw bad(`--price-${priceIn === undefined ? 'in' : 'out'} is missing: give both prices, 0 for what costs nothing.`)
  }
  if (priceIn === undefined && (maxCost !== undefined || priceCached !== undefined)) {
    const flag = maxCost === undefined ? '--price-cached' : '--max-cost'
    throw bad(`${flag} needs the prices of the model: give --price-in and --price-out for a million tokens.`)
  }
  const given = {
    temperature: all.temperature,
    maxTokens: all.maxTokens,
    maxReplyTokens: all.maxReplyTokens,
    maxCost,
    priceIn,
    priceOut,
    priceCached,
    seedWith: all.seedWith,
    foldAfter: all.foldAfter,
  }
  const { breadth: calls, toolForm, fallback, novelty } = all
  // What was not given is left out: plain data is compared when a run is resumed.
  const optional = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as Partial<LlmFlags>
  return { breadth: calls, toolForm, fallback, novelty, ...optional }
}

/** Throws `bad-argument` where a model is named that nobody would ask. */
export function refuseModelFlags({ model, baseUrl, wire }: LlmFlags, policies: string): void {
  const named = Object.entries({ '--model': model, '--base-url': baseUrl, '--wire': wire })
  const [flag] = named.find(([, value]) => value !== undefined) ?? []
  if (flag === undefined) return
  throw bad(
    `${flag} names a model, but --policy ${policies} asks none. Add --policy ${LLM_POLICY_NAMES[0]}, or leave ${flag} out.`,
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

function amount(value: string): number {
  const number = Number(value)
  if (value.trim() !== '' && number >= 0 && Number.isFinite(number)) return number
  throw new InvalidArgumentError('Give a number of 0 or more.')
}

function bad(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'bad-argument' })
}
