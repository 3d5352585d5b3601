import { ANTHROPIC, BOTH, type Misbehaviour, OPENAI } from '../misbehaviour.ts'
import { refuseIf } from './refusals.ts'

/** Answers 400 for as long as a parameter is there that it doesn't know. */
export const PARAMETERS: readonly Misbehaviour[] = [
  {
    name: 'parallel-calls-refused',
    description: 'answers 400 to `parallel_tool_calls`',
    wires: OPENAI,
    play: refuseIf(['parallel_tool_calls'], (_, field) => `Unknown parameter: '${field}'`),
  },
  {
    name: 'single-calls-refused',
    description: 'answers 400 to `disable_parallel_tool_use`',
    wires: ANTHROPIC,
    play: refuseIf(['disable_parallel_tool_use'], (_, field) => `${field}: Extra inputs are not permitted`),
  },
  {
    name: 'seed-refused',
    description: 'answers 400 to `seed`',
    wires: OPENAI,
    play: refuseIf(['seed'], (_, field) => `Unrecognized request argument supplied: ${field}`),
  },
  {
    name: 'stream-options-refused',
    description: 'answers 400 to `stream_options`',
    wires: OPENAI,
    play: refuseIf(['stream_options'], (_, field) => `body.${field}: Extra inputs are not permitted`),
  },
  {
    name: 'temperature-refused',
    description: 'answers 400 to `temperature`',
    wires: BOTH,
    play: refuseIf(['temperature'], (_, field) => `Unsupported value: '${field}' does not support 0.2 with this model`),
  },
  {
    name: 'tool-choice-refused',
    description: 'answers 400 to `tool_choice`',
    wires: BOTH,
    play: refuseIf(['tool_choice'], () => '"auto" tool choice is not supported'),
  },
  {
    name: 'token-limit-renamed',
    description: 'answers 400 to `max_tokens` and asks for `max_completion_tokens`',
    wires: OPENAI,
    play: refuseIf(['max_tokens'], () => "'max_tokens' is not supported, use 'max_completion_tokens' instead."),
  },
  {
    name: 'cache-control-refused',
    description: 'answers 400 to `cache_control`',
    wires: ANTHROPIC,
    play: refuseIf(['cache_control'], (_, field) => `system.0.${field}: Extra inputs are not permitted`),
  },
  {
    name: 'every-parameter-refused',
    description: 'answers 400 to each optional parameter, one after the other',
    wires: BOTH,
    play: refuseIf(
      ['parallel_tool_calls', 'seed', 'stream_options', 'temperature', 'tool_choice', 'cache_control'],
      (_, field) => `Unknown parameter: ${field}`,
    ),
  },
]
