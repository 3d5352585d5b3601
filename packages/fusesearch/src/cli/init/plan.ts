import { existsSync, readFileSync } from 'node:fs'
import { lstat, readFile, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { FuseSearchError } from '../../core/index.ts'
import { CLIENTS, type Client, SERVER } from './clients.ts'
import { mergeJson } from './merge-json.ts'
import { mergeToml } from './merge-toml.ts'
import type { Merged } from './merged.ts'

/** What is to happen with one file. */
export interface FilePlan {
  /** Relative to the folder. */
  readonly path: string
  /** What is there now; undefined for a file that isn't. */
  readonly before: string | undefined
  readonly merged: Merged
}

/** The clients that traces in the folder or at home speak for. */
export function clientsInUse(folder: string, env: NodeJS.ProcessEnv): readonly Client[] {
  const places = [folder, env.HOME ?? homedir()]
  return CLIENTS.filter(({ traces }) => places.some((place) => traces.some((trace) => existsSync(join(place, trace)))))
}

/** The clients of these names; `all` is every one. Throws `bad-argument` for a name that there isn't. */
export function clientsNamed(names: readonly string[]): readonly Client[] {
  const known = CLIENTS.map(({ name }) => name)
  const unknown = names.find((name) => name !== 'all' && !known.includes(name))
  if (unknown !== undefined) {
    const message = `There is no client "${unknown}". Take one of ${known.join(', ')}, or all.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  return names.includes('all') ? CLIENTS : CLIENTS.filter(({ name }) => names.includes(name))
}

/** What must be written for these clients: their configurations, then the skill where each reads it, no file twice. */
export async function planFiles(folder: string, clients: readonly Client[]): Promise<readonly FilePlan[]> {
  const configurations = clients.map((client) => {
    const path = client.files.find((file) => existsSync(join(folder, file))) ?? client.files[0] ?? ''
    return planFile(folder, path, (before) => mergeClient(before, client))
  })
  const skill = readSkill()
  const skills = [...new Set(clients.map((client) => client.skill))].map((path) =>
    planFile(folder, path, (before) => mergeSkill(before, skill)),
  )
  return Promise.all([...configurations, ...skills])
}

async function planFile(
  folder: string,
  path: string,
  merge: (before: string | undefined) => Merged,
): Promise<FilePlan> {
  const place = join(folder, path)
  const before = existsSync(place) ? await readFile(place, 'utf8') : undefined
  const merged = merge(before)
  if (merged.kind !== 'change' || (await isInside(folder, place))) return { path, before, merged }
  return { path, before, merged: { kind: 'refused', reason: 'a link leads out of this folder', paste: merged.text } }
}

function mergeClient(before: string | undefined, client: Client): Merged {
  if (client.format === 'json') return mergeJson(before, client)
  const { args, command, name } = SERVER
  const shownArgs = args.map((arg) => JSON.stringify(arg)).join(', ')
  const lines = [`[mcp_servers.${name}]`, `command = ${JSON.stringify(command)}`, `args = [${shownArgs}]`]
  return mergeToml(before, { parent: 'mcp_servers', name, lines })
}

/** A skill that someone changed is theirs. */
function mergeSkill(before: string | undefined, skill: string): Merged {
  if (before === undefined) return { kind: 'change', text: skill }
  if (before === skill) return { kind: 'unchanged' }
  return { kind: 'refused', reason: 'it differs from the text of this version', paste: skill }
}

function readSkill(): string {
  return readFileSync(new URL('./skill.txt', import.meta.url), 'utf8')
}

/** Whether the nearest thing that exists on the way to the place lies in the folder. */
async function isInside(folder: string, place: string): Promise<boolean> {
  const root = await realpath(folder)
  let nearest = place
  for (;;) {
    const real = await realpath(nearest).catch(() => undefined)
    if (real !== undefined) return real === root || real.startsWith(root + sep)
    // A link to nothing exists, though it can't be followed: who wrote through it would create its target.
    if (existsSync(dirname(nearest)) && (await isLink(nearest))) return false
    nearest = dirname(nearest)
  }
}

async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (facts) => facts.isSymbolicLink(),
    () => false,
  )
}
