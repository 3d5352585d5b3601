import { createHash } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { LlamaMessage, Opened, Slot } from './engine.ts'

/** Most saved states: one takes about 30 kB per token, 30 MB in all. */
const MAX_KEPT = 4
const ENDING = '.state'

/** Where a state is saved, and for which model. */
export interface PrefixOptions {
  /** The model's file. */
  readonly path: string
  /** The folder of the states. */
  readonly folder: string
  readonly signal: AbortSignal
}

/**
 * Brings the engine into the state after the start of a chat, which all runs share: loads that state from a file, or
 * reads the start now and saves the state for the next process. No file contains the rest of a chat. Does nothing if
 * the engine already holds tokens. A file that can't be read or written causes no error.
 */
export async function readPrefix(
  { opened, slot }: { readonly opened: Opened; readonly slot: Slot },
  chat: readonly LlamaMessage[],
  options: PrefixOptions,
): Promise<void> {
  const [system] = chat
  const { sequence } = slot
  if (system?.type !== 'system' || sequence.nextTokenIndex > 0 || sequence.loadStateFromFile === undefined) return
  const name = `${await keyOf(opened, system.text, options.path)}${ENDING}`
  const file = join(options.folder, name)
  if (await isLoaded(sequence, file)) return
  await slot.chat.generateResponse([system, { type: 'user', text: '' }], { maxTokens: 1, signal: options.signal })
  await keep(sequence, file, options.folder).catch(() => undefined)
}

/** A state works only with the model and the engine version that wrote it. */
async function keyOf({ contextSize, version }: Opened, system: string, path: string): Promise<string> {
  const { mtimeMs, size } = await stat(path)
  const parts = [path, size, mtimeMs, contextSize, version, system]
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32)
}

async function isLoaded(sequence: Slot['sequence'], file: string): Promise<boolean> {
  try {
    await stat(file)
    await sequence.loadStateFromFile?.(file, { acceptRisk: true })
    return true
  } catch {
    await rm(file, { force: true }).catch(() => undefined)
    return false
  }
}

async function keep(sequence: Slot['sequence'], file: string, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const part = `${file}.${process.pid}.part`
  await sequence.saveStateToFile?.(part)
  await rename(part, file)
  const names = (await readdir(folder)).filter((name) => name.endsWith(ENDING))
  const dated = await Promise.all(names.map(async (name) => ({ name, ms: (await stat(join(folder, name))).mtimeMs })))
  const old = dated.toSorted((a, b) => b.ms - a.ms).slice(MAX_KEPT)
  await Promise.all(old.map(({ name }) => rm(join(folder, name), { force: true })))
}
