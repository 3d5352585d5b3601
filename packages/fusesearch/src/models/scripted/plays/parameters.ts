import type { NamedPlay } from '../play.ts'
import { refuseIf } from './refusals.ts'

/** Answers 400 for as long as a parameter is there that it doesn't know. */
export const PARAMETERS: readonly NamedPlay[] = [
  {
    name: 'parallel-calls-refused',
    play: refuseIf(['parallel_tool_calls'], (_, field) => `Unknown parameter: '${field}'`),
  },
  {
    name: 'single-calls-refused',
    play: refuseIf(['disable_parallel_tool_use'], (_, field) => `${field}: Extra inputs are not permitted`),
  },
  {
    name: 'seed-refused',
    play: refuseIf(['seed'], (_, field) => `Unrecognized request argument supplied: ${field}`),
  },
  {
    name: 'stream-options-refused',
    play: refuseIf(['stream_options'], (_, field) => `body.${field}: Extra inputs are not permitted`),
  },
  {
    name: 'temperature-refused',
    play: refuseIf(['temperature'], (_, field) => `Unsupported value: '${field}' does not support 0.2 with this model`),
  },
  {
    name: 'tool-choice-refused',
    play: refuseIf(['tool_choice'], () => '"auto" tool choice is not supported'),
  },
  {
    name: 'token-limit-renamed',
    play: refuseIf(['max_tokens'], () => "'max_tokens' is not supported, use 'max_completion_tokens' instead."),
  },
  {
    name: 'cache-control-refused',
    play: refuseIf(['cache_control'], (_, field) => `system.0.${field}: Extra inputs are not permitted`),
  },
  {
    name: 'every-parameter-refused',
    play: refuseIf(
      ['parallel_tool_calls', 'seed', 'stream_options', 'temperature', 'tool_choice', 'cache_control'],
      (_, field) => `Unknown parameter: ${field}`,
    ),
  },
]
