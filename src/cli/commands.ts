import type { CommandEntry } from './command.ts'

/** Every command, in the order of the overview. To add one: its file under `commands/` and its line here. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  locate: {
    summary: 'find the files and functions that an issue asks to change',
    load: () => import('./commands/locate.ts'),
  },
  mcp: {
    summary: 'serve coding agents over the Model Context Protocol',
    load: () => import('./commands/mcp.ts'),
  },
  replay: {
    summary: 'run a recorded search again, without its repository, and compare',
    load: () => import('./commands/replay.ts'),
  },
  eval: {
    summary: 'run policies over a dataset and report how good they are',
    load: () => import('./commands/eval.ts'),
  },
  rollout: {
    summary: 'run a policy several times over a dataset and keep each trajectory with its score',
    load: () => import('./commands/rollout.ts'),
  },
  compare: {
    summary: 'compare two runs instance by instance',
    load: () => import('./commands/compare.ts'),
  },
  score: {
    summary: "score another system's predictions",
    load: () => import('./commands/score.ts'),
  },
  gold: {
    summary: 'print what the fixes of a dataset changed',
    load: () => import('./commands/gold.ts'),
  },
  data: {
    summary: 'make samples to learn from: from datasets, from git histories',
    load: () => import('./commands/data.ts'),
  },
  train: {
    summary: 'train the embedded policy on samples, in two phases',
    load: () => import('./commands/train.ts'),
  },
  ablate: {
    summary: "repeat the paper's ablation on samples",
    load: () => import('./commands/ablate.ts'),
  },
  env: {
    summary: 'serve episodes to those who train a language model',
    load: () => import('./commands/env.ts'),
  },
  serve: {
    summary: 'answer over HTTP: JSON, server-sent events, an OpenAPI document',
    load: () => import('./commands/serve.ts'),
  },
  models: {
    summary: 'try the endpoint of a model and say what it can do',
    load: () => import('./commands/models.ts'),
  },
  init: {
    summary: 'set up coding agents in this folder to use fusesearch',
    load: () => import('./commands/init.ts'),
  },
  doctor: {
    summary: 'check what fusesearch needs and say how to mend it',
    load: () => import('./commands/doctor.ts'),
  },
}
