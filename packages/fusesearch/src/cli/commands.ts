import type { CommandEntry } from './command.ts'
import { labCommand } from './lab.ts'

/** Every command, in the order of the overview. To add one: its folder here or in the lab, and its line in this table. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  locate: {
    summary: 'find the files and functions that an issue asks to change',
    isBrief: true,
    load: () => import('./locate/command.ts'),
  },
  ask: {
    summary: 'find what to read to answer a question about the code',
    isBrief: true,
    load: () => import('./ask/command.ts'),
  },
  search: {
    summary: 'search for several patterns at once: lines, paths or counts',
    isBrief: true,
    load: () => import('./search/command.ts'),
  },
  symbol: {
    summary: 'find where a name is defined',
    isBrief: true,
    load: () => import('./symbol/command.ts'),
  },
  usages: {
    summary: 'find where a name is used, without comments and strings',
    isBrief: true,
    load: () => import('./usages/command.ts'),
  },
  mcp: {
    summary: 'serve coding agents over the Model Context Protocol',
    load: () => import('./mcp/command.ts'),
  },
  replay: {
    summary: 'repeat a recorded search without its repository, and compare',
    load: () => import('./replay/command.ts'),
  },
  view: {
    summary: 'show recorded searches as a page, side by side',
    load: () => import('./view/command.ts'),
  },
  eval: labCommand('eval', 'run policies on a dataset and report their quality and cost'),
  'eval-ask': labCommand('eval-ask', 'measure `ask` on questions made from documentation, against BM25'),
  rollout: labCommand('rollout', 'run a policy several times on a dataset and keep each trajectory with its score'),
  compare: labCommand('compare', 'compare two runs instance by instance'),
  score: labCommand('score', "score another system's predictions"),
  gold: labCommand('gold', 'print what the fixes of a dataset changed'),
  data: labCommand('data', 'make training samples from datasets and git histories'),
  train: labCommand('train', 'train the embedded policy on samples, in two phases'),
  ablate: labCommand('ablate', "repeat the paper's ablation on samples"),
  env: labCommand('env', 'serve episodes for training a language model'),
  serve: {
    summary: 'answer over HTTP: JSON, server-sent events, an OpenAPI document',
    load: () => import('./serve/command.ts'),
  },
  worker: {
    summary: "run jobs from a queue: of serve, and of the lab's eval, rollout and train",
    load: () => import('./worker/command.ts'),
  },
  models: {
    summary: "test a model's endpoint and report what it can do",
    load: () => import('./models/command.ts'),
  },
  encoder: {
    summary: 'get the weights of a small pretrained model, show which are here, train one',
    load: () => import('./encoder/command.ts'),
  },
  init: {
    summary: 'set up coding agents in this folder to use fusesearch',
    load: () => import('./init/command.ts'),
  },
  completion: {
    summary: 'print the completion script for your shell',
    load: () => import('./completion/command.ts'),
  },
  doctor: {
    summary: 'check what fusesearch needs, and how to fix what is missing',
    load: () => import('./doctor/command.ts'),
  },
}
