import { existsSync, readFileSync } from 'node:fs'
import { lstat, readFile, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { FuseSearchError } from '../../core/index.ts'
import type { AgentCommand } from './agent-command.ts'
import { CLIENTS, type Client, isOwnEntry, SERVER_NAME, serverLine } from './clients.ts'
import { mergeJson, removeFromJson } from './merge-json.ts'
import { mergeSection, removeSection } from './merge-section.ts'
import { mergeToml, removeFromToml } from './merge-toml.ts'
import type { Merged } from './merged.ts'

/** The plan for one file. */
export interface FilePlan {
  /** Relative to the folder. */
  readonly path: string
  /** Its current text; undefined if it doesn't exist. */
  readonly before: string | undefined
  readonly merged: Merged
}

/** The clients that left traces in the folder or the home folder. */
export function clientsInUse(folder: string, env: NodeJS.ProcessEnv): readonly Client[] {
  const places = [folder, env.HOME ?? homedir()]
  return CLIENTS.filter(({ traces }) => places.some((place) => traces.some((trace) => existsSync(join(place, trace)))))
}

/** The clients with these names; `all` means every one. Throws `bad-argument` for an unknown name. */
export function clientsNamed(names: readonly string[]): readonly Client[] {
  const known = CLIENTS.map(({ name }) => name)
  const unknown = names.find((name) => name !== 'all' && !known.includes(name))
  if (unknown !== undefined) {
    const message = `There is no client "${unknown}". Take one of ${known.join(', ')}, or all.`
    throw new FuseSearchError(message, { code: 'bad-argument' })
  }
  return names.includes('all') ? CLIENTS : CLIENTS.filter(({ name }) => names.includes(name))
}

/**
 * The files to write for these clients, each once: their configurations, the skill where each reads it, and our section
 * in the instruction files that exist.
 */
export async function planSetUp(
  folder: string,
  clients: readonly Client[],
  command: AgentCommand,
): Promise<readonly FilePlan[]> {
  const [skill, section] = [readText(SKILL), readText('./section.txt')]
  const plans = await Promise.all([
    ...clients.map((client) =>
      planFile(folder, configurationOf(folder, client), (text) => addEntry(text, client, command)),
    ),
    ...distinct(clients.map((client) => client.skill)).map((path) =>
      planFile(folder, path, (text) => addSkill(text, skill)),
    ),
    ...(await instructionsOf(folder, clients)).map((path) =>
      planFile(folder, path, (text) => mergeSection(text ?? '', section)),
    ),
  ])
  return Promise.all(plans.map((plan) => insideOnly(folder, plan)))
}

/** The removals that undo {@link planSetUp} for these clients. */
export async function planRemoval(folder: string, clients: readonly Client[]): Promise<readonly FilePlan[]> {
  const skill = readText(SKILL)
  const plans = await Promise.all([
    ...clients.flatMap((client) =>
      client.files.map((path) => planFile(folder, path, (text) => removeEntry(text, client))),
    ),
    ...distinct(clients.map((client) => client.skill)).map((path) =>
      planFile(folder, path, (text) => removeSkill(text, skill)),
    ),
    ...(await instructionsOf(folder, clients)).map((path) =>
      planFile(folder, path, (text) => removeSection(text ?? '')),
    ),
  ])
  return Promise.all(plans.filter(({ before }) => before !== undefined).map((plan) => insideOnly(folder, plan)))
}

/** The only copy of the skill is in the plugin for Claude Code. */
const SKILL = '../../../plugins/claude-code/skills/fusesearch/SKILL.md'

function readText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8')
}

function configurationOf(folder: string, { files }: Client): string {
  return files.find((file) => existsSync(join(folder, file))) ?? files[0] ?? ''
}

/** Those that exist; if two names lead to one file, such as a link from CLAUDE.md to AGENTS.md, only one of them. */
async function instructionsOf(folder: string, clients: readonly Client[]): Promise<readonly string[]> {
  const byPlace = new Map<string, string>()
  for (const path of distinct(clients.map(({ instructions }) => instructions))) {
    const real = await realpath(join(folder, path)).catch(() => undefined)
    if (real !== undefined && !byPlace.has(real)) byPlace.set(real, path)
  }
  return [...byPlace.values()]
}

async function planFile(
  folder: string,
  path: string,
  merge: (before: string | undefined) => Merged,
): Promise<FilePlan> {
  const place = join(folder, path)
  const before = existsSync(place) ? await readFile(place, 'utf8') : undefined
  return { path, before, merged: merge(before) }
}

/** Refuses to write through a link to somewhere else. */
async function insideOnly(folder: string, plan: FilePlan): Promise<FilePlan> {
  const { merged, path } = plan
  if (merged.kind !== 'change' || (await isInside(folder, join(folder, path)))) return plan
  const paste = merged.text ?? plan.before ?? ''
  return { ...plan, merged: { kind: 'refused', reason: 'a link leads out of this folder', paste } }
}

function addEntry(before: string | undefined, client: Client, agent: AgentCommand): Merged {
  const line = serverLine(client, agent)
  return client.format === 'toml' ? mergeToml(before, tableOf(line)) : mergeJson(before, entryOf(client, line))
}

function removeEntry(before: string | undefined, client: Client): Merged {
  const line: AgentCommand = { command: '', args: [] }
  return client.format === 'toml'
    ? removeFromToml(before, tableOf(line))
    : removeFromJson(before, entryOf(client, line))
}

function tableOf(line: AgentCommand) {
  return { parent: 'mcp_servers', name: SERVER_NAME, ...line }
}

function entryOf(client: Client, line: AgentCommand) {
  return { keys: client.keys, entry: client.entry(line), isOurs: (found: unknown) => isOwnEntry(client, found) }
}

/** A skill that someone changed is left alone. */
function addSkill(before: string | undefined, skill: string): Merged {
  if (before === undefined) return { kind: 'change', text: skill }
  if (before === skill) return { kind: 'unchanged' }
  return { kind: 'refused', reason: 'it differs from the text of this version', paste: skill }
}

function removeSkill(before: string | undefined, skill: string): Merged {
  if (before === undefined) return { kind: 'unchanged' }
  if (before === skill) return { kind: 'change', text: undefined }
  return { kind: 'refused', reason: 'it differs from the text of this version', paste: before }
}

/** Whether the nearest existing entry on the way to the place is in the folder. */
async function isInside(folder: string, place: string): Promise<boolean> {
  const root = await realpath(folder)
  let nearest = place
  for (;;) {
    const real = await realpath(nearest).catch(() => undefined)
    if (real !== undefined) return real === root || real.startsWith(root + sep)
    // A link to nothing exists, although it can't be followed: writing through it would create its target.
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

function distinct(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
}
