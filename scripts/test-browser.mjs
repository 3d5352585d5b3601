// Tests the page in a real browser: `npm run test:browser`. Uses an installed Chromium and fails if there is none.
import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const MACOS = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(test())

function test() {
  const browser = findBrowser()
  if (browser === undefined) {
    process.stderr.write(
      `test:browser: there is no Chromium: none of ${NAMES.join(', ')} is on the PATH. Install it (on Debian: apt-get install chromium) or name it in FUSESEARCH_BROWSER.\n`,
    )
    return 2
  }
  const vitest = join(root, 'node_modules/vitest/vitest.mjs')
  const args = [vitest, 'run', '--config', 'vitest.browser.config.ts', ...process.argv.slice(2)]
  const env = { ...process.env, FUSESEARCH_BROWSER: browser }
  return spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env }).status ?? 2
}

/** The installed Chromium; undefined if there is none. */
export function findBrowser() {
  if (process.env.FUSESEARCH_BROWSER) return process.env.FUSESEARCH_BROWSER
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  return [...NAMES.flatMap((name) => folders.map((folder) => join(folder, name))), MACOS].find(isProgram)
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    // Missing: try the next name.
    return false
  }
}
