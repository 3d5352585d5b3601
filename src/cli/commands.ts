import type { CommandEntry } from './command.ts'

/** Every command, in the order of the overview. To add one: its file under `commands/` and its line here. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  locate: {
    summary: 'find the files and functions that an issue asks to change',
    load: () => import('./commands/locate.ts'),
  },
  serve: {
    summary: 'answer over HTTP: JSON, server-sent events, an OpenAPI document',
    load: () => import('./commands/serve.ts'),
  },
  init: {
    summary: 'set up coding agents in this folder to use fusesearch',
    load: () => import('./commands/init.ts'),
  },
  doctor: {
    summary: 'check what fusesearch needs and say how to mend it',
    load: () => import('./commands/doctor.ts'),
  },
}
