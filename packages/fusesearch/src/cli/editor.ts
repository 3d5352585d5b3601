import { InvalidArgumentError } from 'commander'

/** The option `--editor`, for commands that make links to places. */
export const EDITOR_HELP = {
  text: 'link template that opens a place in an editor, with {path} and {line}',
  initial: 'vscode://file{path}:{line}',
} as const

/** Schemes that would run text in the page instead of opening an editor. */
const UNSAFE_SCHEMES = ['javascript', 'data', 'vbscript', 'blob', 'about']

/** An address with `{path}` (absolute, begins with a slash) and perhaps `{line}`. */
export function editorAddress(value: string): string {
  const scheme = /^([a-z][a-z\d+.-]*):/i.exec(value)?.[1]?.toLowerCase()
  if (scheme === undefined || UNSAFE_SCHEMES.includes(scheme) || !value.includes('{path}')) {
    throw new InvalidArgumentError('Give an address such as vscode://file{path}:{line}.')
  }
  return value
}
