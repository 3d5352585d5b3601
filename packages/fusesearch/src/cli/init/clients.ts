import type { AgentCommand } from './agent-command.ts'

/** The name of our server in every file. */
export const SERVER_NAME = 'fusesearch'

/** How one coding agent is configured to use the server, in files of the project. */
export interface Client {
  /** Its name for `--client`. */
  readonly name: string
  readonly title: string
  /** Configuration files, best first: the first that exists is used, otherwise the first. */
  readonly files: readonly string[]
  readonly format: 'json' | 'toml'
  /** Keys that lead to our server's entry in a file with this content; only for JSON. */
  readonly keys: (content: unknown) => readonly string[]
  /** The entry for a command line; only for JSON. */
  readonly entry: (line: AgentCommand) => Readonly<Record<string, unknown>>
  /** The variable that the client replaces by the open folder, if its documentation says so. */
  readonly rootVariable?: string
  /** The folder from which it reads a skill. */
  readonly skill: string
  /** Its instruction file, which it reads for each task; our section is added only if the file exists. */
  readonly instructions: string
  /** Files or folders, in the project or the home folder, that show that it is used. */
  readonly traces: readonly string[]
  readonly next: string
}

const SHARED_SKILL = '.agents/skills/fusesearch/SKILL.md'
const SHARED_INSTRUCTIONS = 'AGENTS.md'
const WORKSPACE_FOLDER = '${workspaceFolder}'
const mcpServers = (): readonly string[] => ['mcpServers', SERVER_NAME]
const plainEntry = ({ command, args }: AgentCommand) => ({ command, args })
const stdioEntry = ({ command, args }: AgentCommand) => ({ type: 'stdio', command, args })

/** The agents that `fusesearch init` knows. docs/set-ups.md lists the source and date of each format. */
export const CLIENTS: readonly Client[] = [
  {
    name: 'claude-code',
    title: 'Claude Code',
    files: ['.mcp.json'],
    format: 'json',
    keys: mcpServers,
    entry: stdioEntry,
    skill: '.claude/skills/fusesearch/SKILL.md',
    instructions: 'CLAUDE.md',
    traces: ['.mcp.json', '.claude', 'CLAUDE.md'],
    next: 'start claude here and approve the server; /mcp shows it',
  },
  {
    name: 'cursor',
    title: 'Cursor',
    files: ['.cursor/mcp.json'],
    format: 'json',
    keys: mcpServers,
    entry: plainEntry,
    rootVariable: WORKSPACE_FOLDER,
    skill: SHARED_SKILL,
    instructions: SHARED_INSTRUCTIONS,
    traces: ['.cursor'],
    next: 'turn the server on in the settings under MCP',
  },
  {
    name: 'vscode',
    title: 'VS Code',
    files: ['.vscode/mcp.json'],
    format: 'json',
    keys: () => ['servers', SERVER_NAME],
    entry: stdioEntry,
    rootVariable: WORKSPACE_FOLDER,
    skill: SHARED_SKILL,
    instructions: SHARED_INSTRUCTIONS,
    traces: ['.vscode'],
    next: 'start the server from the line above its entry',
  },
  {
    name: 'codex',
    title: 'Codex CLI',
    files: ['.codex/config.toml'],
    format: 'toml',
    keys: () => [],
    entry: plainEntry,
    skill: SHARED_SKILL,
    instructions: SHARED_INSTRUCTIONS,
    traces: ['.codex'],
    next: 'trust this project in codex; /mcp shows the server',
  },
  {
    name: 'gemini',
    title: 'Gemini CLI',
    files: ['.gemini/settings.json'],
    format: 'json',
    keys: mcpServers,
    entry: plainEntry,
    skill: SHARED_SKILL,
    instructions: 'GEMINI.md',
    traces: ['.gemini'],
    next: 'start gemini again; /mcp shows the server',
  },
  {
    name: 'opencode',
    title: 'opencode',
    files: ['opencode.json', 'opencode.jsonc', '.opencode/opencode.json', '.opencode/opencode.jsonc'],
    format: 'json',
    keys: opencodeKeys,
    entry: ({ command, args }) => ({ type: 'local', command: [command, ...args] }),
    skill: SHARED_SKILL,
    instructions: SHARED_INSTRUCTIONS,
    traces: ['opencode.json', 'opencode.jsonc', '.opencode', '.config/opencode'],
    next: 'start opencode again',
  },
]

/** The command line of the server for a client. */
export function serverLine({ rootVariable }: Client, { command, args }: AgentCommand): AgentCommand {
  return { command, args: [...args, 'mcp', ...(rootVariable === undefined ? [] : ['--root', rootVariable])] }
}

/**
 * True for an entry written by some run of `init`, for any paths of Node and of the program: it can be replaced or
 * removed without losing anyone's edits.
 */
export function isOwnEntry({ entry }: Client, found: unknown): boolean {
  if (typeof found !== 'object' || found === null) return false
  const { command, args = [] } = found as { readonly command?: unknown; readonly args?: unknown }
  const words = [command, args].flat()
  if (!words.every((word) => typeof word === 'string')) return false
  const ownKeys = Object.keys(entry({ command: '', args: [] }))
  const program = words[0] === 'fusesearch' ? 1 : /[\\/]cli[\\/]main\.js$/.test(words[1] ?? '') ? 2 : words.length
  const [verb, ...root] = words.slice(program)
  const isOwnRoot = root.length === 0 || (root[0] === '--root' && root[1] === WORKSPACE_FOLDER && root.length === 2)
  return Object.keys(found).every((key) => ownKeys.includes(key)) && verb === 'mcp' && isOwnRoot
}

/** Version 2 has servers under `mcp.servers`, version 1 directly under `mcp`: a file keeps its format. */
function opencodeKeys(content: unknown): readonly string[] {
  const { mcp } = (content ?? {}) as { readonly mcp?: Readonly<Record<string, unknown>> | null }
  const entries = Object.values(mcp ?? {})
  const isFlat = entries.some((entry) => typeof entry === 'object' && entry !== null && 'type' in entry)
  return isFlat ? ['mcp', SERVER_NAME] : ['mcp', 'servers', SERVER_NAME]
}
