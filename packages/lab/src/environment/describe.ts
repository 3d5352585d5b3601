import type { ModelWords } from 'fusesearch/policies'
import { z } from 'zod'
import type { EpisodeSettings } from './episode.ts'
import { actionSchema, resetSchema } from './messages.ts'

/** Version of the result of {@link describeEnvironment}. */
const DESCRIPTION_VERSION = 1
/** The name of the environment in the task routes. */
export const ENVIRONMENT_NAME = 'fusesearch'
/** OpenEnv's protocol version: its validator accepts 1.x. */
const STANDARD_VERSION = '1.0.0'

/**
 * The source from which a trainer's side is generated: prompts, tools (as data and requests name them) and the limits
 * of an episode.
 */
export function describeEnvironment(words: ModelWords, settings: EpisodeSettings): object {
  const { maxTurns, maxBreadth, breadth, reward } = settings
  return {
    version: DESCRIPTION_VERSION,
    prompt_version: words.promptVersion,
    system: words.system,
    tools: words.tools.map((definition) => ({ type: 'function', function: definition })),
    answer_tool: words.answerTool,
    max_turns: maxTurns,
    max_breadth: breadth === 'adaptive' ? maxBreadth : breadth,
    breadth,
    reward: { alpha: reward.alpha, gamma: reward.gamma, delta: reward.delta, file_share: reward.fileShare },
  }
}

const nullable = (type: string): object => ({ type: [type, 'null'] })
const result = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    name: { type: 'string' },
    content: { type: 'string' },
    error: { type: 'string' },
  },
  required: ['id', 'name', 'content'],
}

/** The schemas of `GET /schema`. */
export function describeSchemas(): { action: object; observation: object; state: object } {
  return {
    action: z.toJSONSchema(actionSchema, { io: 'input' }),
    observation: {
      type: 'object',
      properties: {
        system: { type: 'string', description: 'The system prompt; only in the first observation.' },
        text: { ...nullable('string'), description: 'The next user message.' },
        results: { type: 'array', items: result, description: 'Results of the calls, in the same order.' },
        turn: { type: 'integer' },
        max_turns: { type: 'integer' },
        task: { type: 'object', description: 'split, index and repository; only in the first observation.' },
      },
    },
    state: {
      type: 'object',
      properties: {
        episode_id: nullable('string'),
        step_count: { type: 'integer' },
        split: nullable('string'),
        index: nullable('integer'),
        task_id: nullable('string'),
        seed: nullable('integer'),
        turn: { type: 'integer' },
        max_turns: { type: 'integer' },
        done: { type: 'boolean' },
        reward: nullable('number'),
        reward_parts: { ...nullable('object'), description: 'f1, file_f1, function_f1 (null without gold), e.' },
        answered: nullable('boolean'),
        stopped_by: nullable('string'),
        calls: nullable('integer'),
        tools_ms: { type: 'number' },
      },
    },
  }
}

const json = (schema: object): object => ({ content: { 'application/json': { schema } } })

const route = (summary: string, body?: object, answer: object = { type: 'object' }): object => ({
  summary,
  ...(body === undefined ? {} : { requestBody: json(body) }),
  responses: { 200: { description: summary, ...json(answer) } },
})

/** The document of `GET /openapi.json`: the routes; docs/environment.md describes the rest. */
export function describeApi(version: string): object {
  const { action, observation, state } = describeSchemas()
  const split = { type: 'object', properties: { split: { type: 'string' } } }
  const task = `/${ENVIRONMENT_NAME}`
  const stepped = { type: 'object', properties: { observation, reward: nullable('number'), done: { type: 'boolean' } } }
  return {
    openapi: '3.1.0',
    info: { title: 'FuseSearch environment', version: STANDARD_VERSION, 'x-fusesearch-version': version },
    paths: {
      '/health': { get: route('Health of the server') },
      '/metadata': { get: route('Name and description') },
      '/schema': { get: route('Schemas of action, observation and state') },
      '/prompts': { get: route('Prompts, tools and limits of an episode') },
      '/reset': {
        post: route('The first observation of a task', z.toJSONSchema(resetSchema, { io: 'input' }), stepped),
      },
      '/step': { post: route('Refused: turns need a session, see /ws', { type: 'object', properties: { action } }) },
      '/state': { get: route('The state before a reset', undefined, state) },
      '/mcp': { post: route('JSON-RPC: tools/list') },
      '/list_environments': { get: route('Names of the environments') },
      [`${task}/splits`]: { get: route('Splits') },
      [`${task}/tasks`]: { post: route('Tasks of a split', split) },
      [`${task}/num_tasks`]: { post: route('Number of tasks of a split', split) },
      [`${task}/task`]: { post: route('A task by its index', split) },
      [`${task}/task_range`]: { post: route('Tasks from start to stop, stop excluded', split) },
    },
  }
}
