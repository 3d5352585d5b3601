import type { Command } from 'commander'
import { FuseSearchError } from '../core/index.ts'
import type { Handler } from '../queue/index.ts'
import type { CommandEntry, CommandModule, DefineContext, Terminal } from './command.ts'

/** The lab is a separate package: the product lists its commands and runs them if the lab is installed. */
const LAB = 'fusesearch-lab'

/** A command of the lab, loaded when it is called. */
export function labCommand(name: string, summary: string): CommandEntry {
  return { summary, load: () => loadLabCommand(name) }
}

async function loadLabCommand(name: string): Promise<CommandModule> {
  const { LAB_COMMANDS } = await importLab(name)
  const load = LAB_COMMANDS[name]
  if (load !== undefined) return load()
  throw new FuseSearchError(
    `The installed ${LAB} has no command "${name}". Install the version of ${LAB} that matches this fusesearch.`,
    { code: 'lab-missing' },
  )
}

/** Defines a sub-command that the lab has. Without the lab it says how to install it. */
export async function defineLabCommand(name: string, command: Command, context: DefineContext): Promise<void> {
  try {
    const file = await loadLabCommand(name)
    await file.define(command, context)
  } catch (error) {
    if (!(error instanceof FuseSearchError) || error.code !== 'lab-missing') throw error
    command.allowUnknownOption().allowExcessArguments()
    command.action(context.action(() => Promise.reject(error)))
  }
}

/** What a worker gives to the lab's jobs. */
export interface JobHost {
  readonly terminal: Terminal
  /** Where repositories are on this machine. A job only names them. */
  readonly places: { readonly repos?: string; readonly map?: string; readonly cache?: string }
  /** Jobs at once. */
  readonly jobs: number
  /** The value of `--queue`. */
  readonly queue: string
}

/** The lab's part of a worker. */
export interface LabJobs {
  /** Digest of the lab's code. */
  readonly digest: () => string
  /** Opens the handler for jobs with these settings; throws `job-refused` for those that this machine doesn't run. */
  readonly open: (kind: string, settings: unknown, host: JobHost) => Promise<Handler>
}

/** The lab's jobs; undefined if the lab isn't installed. */
export async function loadLabJobs(): Promise<LabJobs | undefined> {
  try {
    const { loadJobs } = await importLab('worker')
    return await loadJobs()
  } catch (error) {
    if (error instanceof FuseSearchError && error.code === 'lab-missing') return undefined
    throw error
  }
}

interface Lab {
  readonly loadJobs: () => Promise<LabJobs>
  readonly LAB_COMMANDS: Readonly<Record<string, () => Promise<CommandModule>>>
}

async function importLab(name: string): Promise<Lab> {
  try {
    // A variable hides it from the compiler and the bundler, because the product doesn't depend on the lab.
    const specifier: string = `${LAB}/cli`
    return (await import(specifier)) as Lab
  } catch (error) {
    if (!isMissing(error)) throw error
    throw new FuseSearchError(
      `\`fusesearch ${name}\` is part of the lab, which isn't installed. Install the package ${LAB} next to fusesearch and run it again.`,
      { code: 'lab-missing', cause: error },
    )
  }
}

/**
 * True if the lab itself is missing; if one of its packages is missing, the install is broken and the error is
 * reported.
 */
function isMissing(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException
  return code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${LAB}'`)
}
