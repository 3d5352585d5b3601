// The GitHub Action: reads the event of an issue, searches the checked-out repository and comments the likely places.
// The text of the issue is data: it goes into a file that the command reads, and nothing of it is run or followed.
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderComment } from './comment.mjs'
import { writeComment } from './github.mjs'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const COMMAND = join(ROOT, 'packages/fusesearch/dist/cli/main.js')
const DEADLINE = '60s'
/** Exit code of a search that found nothing. */
const NOTHING_FOUND = 1
/** Whatever may read or write for the workflow; the search needs none of it. */
const SECRETS = /^(?:INPUT_TOKEN|GITHUB_TOKEN|ACTIONS_.*)$/

try {
  await run(process.env)
} catch (error) {
  // A line end in a message would begin a command of its own.
  const message = String(error instanceof Error ? error.message : error).replaceAll(/[\r\n]+/g, ' ')
  process.stdout.write(`::error title=FuseSearch::${message}\n`)
  process.exitCode = 1
}

async function run(env) {
  const event = JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, 'utf8'))
  const skipped = whySkipped(event, input(env, 'label'))
  if (skipped !== undefined) return say(`Nothing to do: ${skipped}.`)
  prepare()
  const repository = input(env, 'repository') || env.GITHUB_WORKSPACE
  const result = locate(`${event.issue.title}\n\n${event.issue.body ?? ''}`, repository, env)
  if (result === undefined) return say('No place found.')
  output(env, 'confidence', result.confidence.toFixed(2))
  const least = share(env, 'min-confidence')
  if (result.confidence < least) return say(`Confidence ${result.confidence.toFixed(2)} is below ${least}: no comment.`)
  const page = `${env.GITHUB_SERVER_URL}/${env.GITHUB_REPOSITORY}`
  const body = renderComment(result, {
    page,
    commit: commitOf(repository),
    maxFiles: Number(input(env, 'max-files')) || 5,
  })
  const api = { url: env.GITHUB_API_URL, repository: env.GITHUB_REPOSITORY, token: input(env, 'token') }
  say(await writeComment(api, event.issue.number, body))
  output(env, 'commented', 'true')
}

/** Why an event is none of ours; undefined for one that is. */
function whySkipped({ action, issue, label }, wanted) {
  if (issue === undefined) return 'the event is not one of an issue'
  if (issue.pull_request !== undefined) return 'it is a pull request'
  if (wanted === '') return ['edited', 'opened'].includes(action) ? undefined : `the issue was ${action}`
  if (action === 'labeled') return label?.name === wanted ? undefined : `the label is not ${wanted}`
  const hasLabel = action === 'opened' && issue.labels?.some(({ name }) => name === wanted)
  return hasLabel ? undefined : `the issue did not get the label ${wanted}`
}

/** Installs and builds what the action's own checkout lacks; quick when it was done before. */
function prepare() {
  const { status } = spawnSync(process.execPath, [join(ROOT, 'scripts/setup.mjs')], { stdio: ['ignore', 1, 2] })
  if (status !== 0) throw new Error('FuseSearch could not be built; the lines above say why.')
}

function locate(issue, repository, env) {
  const folder = mkdtempSync(join(tmpdir(), 'fusesearch-action-'))
  try {
    const file = join(folder, 'issue.md')
    writeFileSync(file, issue)
    const args = [COMMAND, 'locate', '--json', '--file', file, '--repo', repository, '--deadline', DEADLINE]
    const own = Object.fromEntries(Object.entries(env).filter(([name]) => !SECRETS.test(name)))
    const { status, stderr, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8', env: own })
    if (status === NOTHING_FOUND) return undefined
    if (status !== 0) throw new Error(stderr.trim() || `the search ended with ${status}`)
    return JSON.parse(stdout)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function commitOf(repository) {
  const { stdout } = spawnSync('git', ['-C', repository, 'rev-parse', 'HEAD'], { encoding: 'utf8' })
  const commit = stdout?.trim() ?? ''
  if (/^[\da-f]{40,64}$/.test(commit)) return commit
  throw new Error(`${repository} is no git repository. Check it out before this step, with actions/checkout.`)
}

/** An input as the runner hands it over. */
function input(env, name) {
  return (env[`INPUT_${name.toUpperCase()}`] ?? '').trim()
}

function share(env, name) {
  const number = Number(input(env, name))
  if (number >= 0 && number <= 1) return number
  throw new Error(`The input ${name} is ${input(env, name)}; give a number from 0 to 1.`)
}

function output(env, name, value) {
  if (env.GITHUB_OUTPUT) appendFileSync(env.GITHUB_OUTPUT, `${name}=${value}\n`)
}

function say(text) {
  process.stdout.write(`${text}\n`)
}
