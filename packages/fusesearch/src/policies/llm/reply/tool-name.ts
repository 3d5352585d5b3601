/** Names under which models call the tools, from the harnesses that they were trained in. */
const ALIASES: Readonly<Record<string, string>> = {
  readfile: 'read_file',
  read: 'read_file',
  view: 'read_file',
  view_file: 'read_file',
  open_file: 'read_file',
  cat: 'read_file',
  rg: 'grep',
  ripgrep: 'grep',
  grep_search: 'grep',
  search: 'grep',
  find: 'glob',
  find_files: 'glob',
  list_files: 'glob',
  final_answer: 'answer',
  finish: 'answer',
  submit: 'answer',
}

/** The tool that a name means: as it is, without a namespace, in lower case, or by another harness's word for it. */
export function resolveToolName(name: string, known: readonly string[]): string | undefined {
  if (known.includes(name)) return name
  const plain = name
    .trim()
    .replace(/^.*[.:/]/, '')
    .toLowerCase()
    .replaceAll(/[\s-]+/g, '_')
  const meant = known.includes(plain) ? plain : Object.hasOwn(ALIASES, plain) ? ALIASES[plain] : undefined
  return meant !== undefined && known.includes(meant) ? meant : undefined
}
