// What a cold start of the command costs over the localization itself.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { median } from './statistics.mjs'

/** Median over the texts of the command's wall time less the time that the localization itself reports. */
export function measureCommand(root, folder, texts) {
  const overheads = texts.map((text) => {
    const start = performance.now()
    const { stdout, status, stderr } = spawnSync(
      process.execPath,
      [join(root, 'packages/fusesearch/dist/cli/main.js'), 'locate', '-', '--repo', folder, '--json'],
      { input: text, encoding: 'utf8', maxBuffer: 100_000_000 },
    )
    const wall = performance.now() - start
    if (status !== 0 && status !== 1) throw new Error(`the command failed: ${stderr}`)
    return wall - JSON.parse(stdout).stats.ms.total
  })
  return { coldStartMs: Math.round(median(overheads)) }
}
