/** The command as called, ready to paste into a shell; without secrets in its addresses. */
export function commandLine(given: readonly string[]): string {
  return ['fusesearch', ...given.map((argument, index) => shown(argument, given[index - 1]))].map(quote).join(' ')
}

/** An address that may be written into files: without user, password, query and fragment, which may be secret. */
export function shownUrl(url: string): string {
  return withoutUser(url).replace(/[?#].*$/s, '')
}

const URL_FLAG = '--base-url'

function shown(argument: string, before: string | undefined): string {
  return before === URL_FLAG || argument.startsWith(`${URL_FLAG}=`) ? shownUrl(argument) : withoutUser(argument)
}

/** Clones and queues have addresses too, which may contain a token or a password. */
function withoutUser(text: string): string {
  return text.replace(/((?:https?|rediss?):\/\/)[^/\s]*@/gi, '$1')
}

function quote(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`
}
