/** What would change what the command, git and ripgrep do, in the environment of whoever runs the tests. */
const SETTINGS =
  /^(?:GIT_.*|FUSESEARCH_(?:API_KEY|BASE_URL|DEBUG|MODEL|TOKEN|WATCHDOG|WIRE)|(?:OPENAI|ANTHROPIC)_API_KEY|FORCE_COLOR|RIPGREP_CONFIG_PATH)$/

/** Removes those settings, for this process and the workers that it starts. */
export function forgetSettings(env: NodeJS.ProcessEnv): void {
  for (const name of Object.keys(env)) if (SETTINGS.test(name)) delete env[name]
}
