import { resolve } from 'node:path'
import { FuseSearchError, trimEndOf } from '../core/index.ts'
import type { ChatModel } from './chat.ts'
import { createGgufModel, type GgufOptions } from './gguf/model.ts'
import { type ChatModelOptions, createChatModel } from './model.ts'
import { siteOf } from './site.ts'
import { anthropicWire } from './wires/anthropic.ts'
import { openaiWire } from './wires/openai.ts'
import type { WireName } from './wires/wire.ts'

/** Flags that name a model; they override the environment. */
export interface ModelFlags {
  readonly model?: string
  readonly baseUrl?: string
  /** `openai` or `anthropic`. */
  readonly wire?: string
}

export type Environment = Readonly<Record<string, string | undefined>>

/** A model, its endpoint and its key. Keep it out of logs. */
export interface ModelChoice {
  readonly wire: WireName
  readonly model: string
  readonly baseUrl?: string
  readonly key?: string
  /** The variable that held the key; null without a key. */
  readonly keyFrom: string | null
}

/** Vendors with their own key variable. Such a key is sent only to the vendor's host, over TLS. */
const VENDORS = {
  openai: { origin: 'https://api.openai.com', variable: 'OPENAI_API_KEY' },
  anthropic: { origin: 'https://api.anthropic.com', variable: 'ANTHROPIC_API_KEY' },
} as const

const OWN_KEY = 'FUSESEARCH_API_KEY'

/**
 * Finds model, endpoint, wire form and key. Reads only the given environment: FUSESEARCH_MODEL, FUSESEARCH_BASE_URL,
 * FUSESEARCH_WIRE, FUSESEARCH_API_KEY and, for the vendor's own host, OPENAI_API_KEY or ANTHROPIC_API_KEY.
 * Throws `model-missing` without a model or, for a vendor's host, without a key, and `bad-argument` for an unknown wire
 * form or an invalid base URL.
 */
export function resolveModel(flags: ModelFlags, env: Environment): ModelChoice {
  const model = firstOf(flags.model, env.FUSESEARCH_MODEL)
  if (model === undefined) {
    throw missing('No model is named. Give --model NAME, and --base-url URL where it runs, or set FUSESEARCH_MODEL.')
  }
  const baseUrl = firstOf(flags.baseUrl, env.FUSESEARCH_BASE_URL)
  if (isFile(model, baseUrl)) {
    const message = `${model} is a file, which has no endpoint. Name a model and, with --base-url, where it runs.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  const wire = wireOf(firstOf(flags.wire, env.FUSESEARCH_WIRE), model, baseUrl)
  const { url } = siteOf(wire === 'openai' ? openaiWire : anthropicWire, baseUrl)
  const choice = { wire, model, ...(baseUrl === undefined ? {} : { baseUrl }) }
  const vendor = Object.values(VENDORS).find(({ origin }) => origin === url.origin)
  const names = [OWN_KEY, ...(vendor === undefined ? [] : [vendor.variable])]
  const keyFrom = names.find((name) => firstOf(env[name]) !== undefined)
  const key = keyFrom === undefined ? undefined : env[keyFrom]
  if (keyFrom !== undefined && key !== undefined) return { ...choice, key, keyFrom }
  if (vendor === undefined) return { ...choice, keyFrom: null }
  const local = 'or name another endpoint with --base-url, for example http://localhost:11434/v1'
  throw missing(`There is no key for ${url.host}. Set ${vendor.variable} or ${OWN_KEY}, ${local}.`)
}

/** Options of {@link modelFromEnvironment}: those of both kinds of model, except what flags set. */
export interface ModelOptions
  extends Partial<Omit<ChatModelOptions, keyof ModelChoice>>,
    Omit<GgufOptions, 'clock' | 'path'> {
  /** The folder against which a GGUF file's path is resolved; the process's working directory when left out. */
  readonly cwd?: string
}

/**
 * The model that flags and environment name. If the name ends in `.gguf` and no endpoint is given, this process runs
 * that file; else the model is behind an endpoint. Throws like {@link resolveModel} and {@link createChatModel}.
 */
export function modelFromEnvironment(flags: ModelFlags, env: Environment, options: ModelOptions = {}): ChatModel {
  const model = firstOf(flags.model, env.FUSESEARCH_MODEL)
  if (model !== undefined && isFile(model, firstOf(flags.baseUrl, env.FUSESEARCH_BASE_URL))) {
    return createGgufModel({ ...options, path: resolve(options.cwd ?? '', model) })
  }
  return createChatModel({ ...options, ...resolveModel(flags, env) })
}

function isFile(model: string, baseUrl: string | undefined): boolean {
  return baseUrl === undefined && /\.gguf$/i.test(model)
}

function wireOf(named: string | undefined, model: string, baseUrl: string | undefined): WireName {
  if (named === 'openai' || named === 'anthropic') return named
  if (named !== undefined) {
    const message = `There is no wire form "${named}". Take openai or anthropic with --wire.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  if (baseUrl === undefined) return /^claude/i.test(model) ? 'anthropic' : 'openai'
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  const isAnthropic =
    url?.origin === VENDORS.anthropic.origin || trimEndOf(url?.pathname ?? '', '/').endsWith('/v1/messages')
  return isAnthropic ? 'anthropic' : 'openai'
}

/** The first value that is set. An empty variable counts as unset. */
function firstOf(...values: readonly (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value.trim() !== '')
}

function missing(message: string): FuseSearchError {
  return new FuseSearchError(message, { code: 'model-missing' })
}
