import type { Command } from 'commander'

/** Adds the flags that name a model: the same for every command that asks one. */
export function addModelFlags(command: Command): Command {
  return command
    .option('--model <name>', 'name of the model, as its endpoint knows it (FUSESEARCH_MODEL)')
    .option('--base-url <url>', 'endpoint, such as http://localhost:8000/v1 (FUSESEARCH_BASE_URL)')
    .option('--wire <form>', 'openai or anthropic; seen from the base URL without it (FUSESEARCH_WIRE)')
}
