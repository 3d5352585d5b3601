import type { Command } from 'commander'
import type { DefineContext } from 'fusesearch/cli'
import { describeModelWords } from 'fusesearch/policies'
import { describeEnvironment } from '../../environment/index.ts'
import { addEpisodeFlags, type EpisodeFlags, episodeSettings } from './flags.ts'

/** Adds `env schema`: what a trainer's side is generated from. */
export function defineSchema(command: Command, { terminal, action }: DefineContext): void {
  addEpisodeFlags(
    command
      .command('schema')
      .summary('prompts, tools and numbers of an episode as JSON')
      .description('Prints what a running server answers at /prompts: one source for data, serving and adapters.'),
  ).action(
    action(async (flags: EpisodeFlags) => {
      const settings = episodeSettings(flags)
      const { breadth, tools } = settings
      const description = describeEnvironment(await describeModelWords({ breadth, tools }), settings)
      terminal.stdout.write(`${JSON.stringify(description, null, 2)}\n`)
      return 0
    }),
  )
}
