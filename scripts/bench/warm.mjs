// A warm workspace: one question after another, and many at once. In a process of its own, so that its memory is its own.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { median, quantile, round } from './statistics.mjs'

const MEGABYTE = 1_000_000
/** Questions asked at once, and so often; before each time all texts are asked one after another. */
const AT_ONCE = 32
const ROUNDS = 3

/** Medians over the rounds; the ratio is taken in each round, since what else runs on the machine comes and goes. */
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

/** One question after another to a warm workspace, once. */
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
