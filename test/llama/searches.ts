import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readTrajectoryFile, recordToFile, type Trajectory } from '../../packages/fusesearch/src/agent/index.ts'
import { type LocateResult, locate } from '../../packages/fusesearch/src/locate/index.ts'
import {
  type ChatModel,
  type ChatReply,
  type ChatRequest,
  createGgufModel,
} from '../../packages/fusesearch/src/models/index.ts'
import { createLlmPolicy, type LlmOptions } from '../../packages/fusesearch/src/policies/index.ts'
import { MODEL_LIMITS } from '../../packages/fusesearch/src/search/index.ts'
import { git, SHOP, SHOP_ISSUE, writeFiles } from '../support/folder.ts'
import { tinyModel } from './tiny-model.ts'

/** Words that the random model says often, so that some of its calls show something. */
const WORDS = [...Object.keys(SHOP).filter((path) => path !== 'shop/__init__.py'), 'total', 'price', 'apply_discount']
const MODEL_SEED = 7
/** Tokens of a reply: eight calls with long arguments fit. */
const MAX_REPLY_TOKENS = 1_500
export const MAX_TURNS = 3
export const TEMPERATURE = 0.8

/** What was asked, and what came. */
export interface Exchange {
  readonly request: ChatRequest
  readonly reply: ChatReply
}

/** A run of the whole loop. */
export interface Search {
  readonly result: LocateResult
  readonly trajectory: Trajectory
  readonly exchanges: readonly Exchange[]
}

/** The files that searches need. */
export interface Place {
  readonly repository: string
  readonly modelPath: string
  readonly modelBytes: number
  readonly folder: string
}

/** Writes the model and a small repository into a folder. */
export function makePlace(folder: string): Place {
  const repository = writeFiles(join(folder, 'shop'), SHOP)
  git(repository, 'init', '--quiet')
  const modelPath = join(folder, 'tiny.gguf')
  const bytes = tinyModel({ seed: MODEL_SEED, words: WORDS })
  writeFileSync(modelPath, bytes)
  mkdirSync(join(folder, 'trajectories'))
  return { repository, modelPath, modelBytes: bytes.length, folder }
}

/** The model in this process, by the engine that lies in a folder of packages. */
export function openModel({ modelPath }: Place, packages: string): ChatModel {
  const folder = join(packages, 'node_modules/node-llama-cpp')
  const { main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { readonly main: string }
  return createGgufModel({ path: modelPath, engine: pathToFileURL(join(folder, main)).href, gpu: false })
}

/** How the random model is asked. */
export interface SearchOptions {
  readonly seed: number
  /** Calls a turn; as many as the model chooses when left out. */
  readonly breadth?: 'adaptive' | number
  /** Other settings of the policy. */
  readonly settings?: Partial<LlmOptions>
  readonly signal?: AbortSignal
}

/** Localizes the issue of the shop by a model. */
export async function search(
  model: ChatModel,
  { folder, repository }: Place,
  { breadth = 'adaptive', seed, settings = {}, signal }: SearchOptions,
): Promise<Search> {
  const exchanges: Exchange[] = []
  const watched: ChatModel = {
    ...model,
    complete: async (request, abort) => {
      // The policy goes on with the same list.
      const asked = { ...request, messages: [...request.messages] }
      const reply = await model.complete(request, abort)
      exchanges.push({ request: asked, reply })
      return reply
    },
  }
  const path = join(folder, 'trajectories', `${seed}.jsonl`)
  const facts = { tool: { name: 'fusesearch', version: '0' }, limits: MODEL_LIMITS, repository: {}, full: true }
  const result = await locate({
    repository,
    issue: SHOP_ISSUE,
    policy: createLlmPolicy({
      model: watched,
      breadth,
      temperature: TEMPERATURE,
      maxReplyTokens: MAX_REPLY_TOKENS,
      ...settings,
    }),
    seed,
    budget: { maxTurns: MAX_TURNS },
    limits: MODEL_LIMITS,
    record: recordToFile(path, facts),
    ...(signal === undefined ? {} : { signal }),
  })
  return { result, trajectory: await readTrajectoryFile(path), exchanges }
}
