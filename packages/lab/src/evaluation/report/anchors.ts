/** A published number, with the instances that it is over. Percentages. */
export interface Anchor {
  readonly system: string
  readonly source: string
  /** The instances behind it; never compare across two of these. */
  readonly instances: string
  readonly fileF1: number | null
  readonly functionF1: number | null
  readonly seconds: number | null
  readonly turns: number | null
}

const PAPER = { source: 'arXiv 2601.19568', instances: "Verified, the paper's own 386" }
const OTHERS = { instances: 'Verified, all 500', seconds: null, turns: null }

/** Numbers of the paper and of others on the same task, as SPEC §6 and §7 quote them. */
export const ANCHORS: readonly Anchor[] = [
  { ...PAPER, system: 'FuseSearch-4B: parallel, SFT+RL', fileF1: 84.65, functionF1: 56.43, seconds: 5.43, turns: 5.6 },
  { ...PAPER, system: 'Qwen3-30B-A3B, SFT+RL', fileF1: 83.01, functionF1: 58.62, seconds: 10.6, turns: null },
  { ...PAPER, system: 'Qwen3-4B sequential, SFT+RL', fileF1: 78.82, functionF1: 50.21, seconds: 8.03, turns: 7.52 },
  { ...PAPER, system: 'Qwen3-4B, SFT only', fileF1: 78.86, functionF1: 47.94, seconds: 9.17, turns: 4.96 },
  { ...PAPER, system: 'Qwen3-4B untrained', fileF1: 64.5, functionF1: 38.91, seconds: 6.12, turns: null },
  { ...PAPER, system: 'RepoSearcher on Qwen3-4B', fileF1: 38.1, functionF1: 21.7, seconds: 85, turns: 17.3 },
  { ...OTHERS, system: 'Claude Sonnet 4.5 with plain bash', source: 'as quoted', fileF1: 82, functionF1: 61.7 },
  { ...OTHERS, system: 'GLM-5.1 with read, glob and grep', source: 'as quoted', fileF1: 73.9, functionF1: 43.5 },
  { ...OTHERS, system: 'FastContext-4B-RL', source: 'as quoted', fileF1: 71.5, functionF1: 38.5 },
  { ...OTHERS, system: 'CodeScout-14B', source: 'as quoted', fileF1: 68.6, functionF1: 40.3 },
  { ...OTHERS, system: 'OrcaLoca (Qwen2.5-32B)', source: 'as quoted', fileF1: 58.1, functionF1: 28.7 },
  { ...OTHERS, system: 'LocAgent (Qwen2.5-32B)', source: 'as quoted', fileF1: 44.2, functionF1: 21.5 },
  {
    ...OTHERS,
    system: "ChronoRepo's fused list cut to one file, no LLM",
    source: 'as quoted',
    fileF1: 41.7,
    functionF1: null,
  },
  { ...OTHERS, system: 'BM25, no LLM', source: 'as quoted', fileF1: 18.8, functionF1: null },
]
