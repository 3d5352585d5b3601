import type { CommandEntry } from './command.ts'

/** Every command, in the order of the overview. To add one: its file under `commands/` and its line here. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  locate: {
    summary: 'find the files and functions that an issue asks to change',
    load: () => import('./commands/locate.ts'),
  },
  replay: {
    summary: 'run a recorded search again, without its repository, and compare',
    load: () => import('./commands/replay.ts'),
  },
}
