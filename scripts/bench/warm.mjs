// A warm workspace: one search after another, and many at once. In a separate process, so that its memory is its own.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { median, quantile, round } from './statistics.mjs'

const MEGABYTE = 1_000_000
/** Number of searches at once, and of rounds; before each round all texts are searched one after another. */
const AT_ONCE = 32
const ROUNDS = 3

/** Medians over the rounds; the ratio is computed in each round, because the load of the machine varies. */
export function measureWarm(root, folder, texts) {
  const { rounds, peakRssBytes } = inProcess(root, { folder, texts, atOnce: AT_ONCE, rounds: ROUNDS })
  const over = (measure) => median(rounds.map(measure))
  return {
    warmP50Ms: Math.round(over(({ single }) => median(single.times))),
    warmCpuMs: Math.round(over(({ single }) => single.cpuMs)),
    concurrentP95Ms: Math.round(over(({ many }) => quantile(many.times, 0.95))),
    concurrentP95OverP50: round(
      over(({ single, many }) => quantile(many.times, 0.95) / median(single.times)),
      1,
    ),
    concurrentCpuMs: Math.round(over(({ many }) => many.cpuMs)),
    concurrentRssMb: Math.round(peakRssBytes / MEGABYTE),
  }
}

/** One search after another in a warm workspace, once. */
export function measureWarmAlone(root, folder, texts) {
  const { rounds } = inProcess(root, { folder, texts, atOnce: 0, rounds: 1 })
  return { warmP50Ms: Math.round(median(rounds.flatMap(({ single }) => single.times))) }
}

function inProcess(root, task) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/bench/warm-process.mjs')], {
    input: JSON.stringify(task),
    encoding: 'utf8',
    maxBuffer: 100 * MEGABYTE,
  })
  if (status !== 0) throw new Error(`the warm localizations failed: ${stderr}`)
  return JSON.parse(stdout)
}
