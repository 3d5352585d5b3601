/** The command as it was called, fit to be pasted into a shell; without what addresses in it may keep secret. */
export function commandLine(given: readonly string[]): string {
  return ['fusesearch', ...given.map((argument, index) => shown(argument, given[index - 1]))].map(quote).join(' ')
}

/** An address as it may be written into files: without a user, a password, a query or a fragment, which may be keys. */
export function shownUrl(url: string): string {
  return withoutUser(url).replace(/[?#].*$/s, '')
}

const URL_FLAG = '--base-url'

function shown(argument: string, before: string | undefined): string {
  return before === URL_FLAG || argument.startsWith(`${URL_FLAG}=`) ? shownUrl(argument) : withoutUser(argument)
}

/** Clones and queues are named by addresses too, and those may hold a token or a password. */
function withoutUser(text: string): string {
  return text.replace(/((?:https?|rediss?):\/\/)[^/\s]*@/gi, '$1')
}

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`
}
