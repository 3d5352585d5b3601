/** The command as it was called, fit to be pasted into a shell. */
export function commandLine(given: readonly string[]): string {
  return ['fusesearch', ...given].map(quote).join(' ')
}

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`
}
