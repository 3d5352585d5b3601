// Localizations in a separate process, so that its memory is theirs alone.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { median, quantile, round } from './statistics.mjs'

const MEGABYTE = 1_000_000

/**
 * Times, memory and the share of greps that shared a walk, over the texts; each in a new workspace with empty caches.
 */
export function measureLocate(root, folder, { texts, repeat }) {
  const input = JSON.stringify({ folder, texts, repeat })
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', join(root, 'scripts/bench/locate-process.mjs')],
    {
      input,
      encoding: 'utf8',
      maxBuffer: 100 * MEGABYTE,
    },
  )
  if (status !== 0) throw new Error(`the localizations failed: ${stderr}`)
  const { times, historyTimes, greps, sharing, peakRssBytes, growthBytes } = JSON.parse(stdout)
  return {
    fusedShare: round(sharing / Math.max(1, greps), 3),
    locateP50Ms: Math.round(median(times)),
    locateP95Ms: Math.round(quantile(times, 0.95)),
    historyP50Ms: Math.round(median(historyTimes)),
    peakRssMb: Math.round(peakRssBytes / MEGABYTE),
    ...(repeat > 0 ? { repeated: repeat, growthMb: round(growthBytes / MEGABYTE, 1) } : {}),
  }
}
