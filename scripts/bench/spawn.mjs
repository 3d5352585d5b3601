// How long starting one ripgrep blocks the only thread, by the memory of the process: by Node itself, and by a
// launcher.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

const RESIDENT_MB = [50, 400]

/** For the table, at each size: median milliseconds direct, and by the launcher. */
export function measureSpawn(root, folder) {
  const rows = RESIDENT_MB.map((residentMb) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/bench/spawn-process.mjs')], {
      input: JSON.stringify({ folder, residentMb }),
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`starting ripgrep failed: ${stderr}`)
    const { direct, launched } = JSON.parse(stdout)
    return [`spawnMs at ${residentMb} MB, direct / by shell`, `${direct} / ${launched}`]
  })
  return Object.fromEntries(rows)
}
