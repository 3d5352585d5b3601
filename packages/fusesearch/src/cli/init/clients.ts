import type { AgentCommand } from './agent-command.ts'

/** The name of our server in every file. */
export const SERVER_NAME = 'fusesearch'

/** How one coding agent is told of the server, in files of the project. */
export interface Client {
  /** As `--client` takes it. */
  readonly name: string
  readonly title: string
  /** Configuration files from best to worst: the first that exists is used, else the first. */
  readonly files: readonly string[]
  readonly format: 'json' | 'toml'
  /** Keys that lead to the entry of our server in a file with this content; for JSON only. */
  readonly keys: (content: unknown) => readonly string[]
  /** The entry for a command line; for JSON only. */
  readonly entry: (line: AgentCommand) => Readonly<Record<string, unknown>>
  /** The variable that the client replaces by the open folder, where its documentation says that it does. */
  readonly rootVariable?: string
  /** Where it reads a skill from. */
  readonly skill: string
  /** The file of instructions that it reads for each task; ours are added only to one that is there. */
  readonly instructions: string
  /** Files or folders, in the project or in the home folder, that show that it is used. */
  readonly traces: readonly string[]
  readonly next: string
}

const SHARED_SKILL = '.agents/skills/fusesearch/SKILL.md'
const SHARED_INSTRUCTIONS = 'AGENTS.md'
const WORKSPACE_FOLDER = '${workspaceFolder}'
const mcpServers = (): readonly string[] => ['mcpServers', SERVER_NAME]
const plainEntry = ({ command, args }: AgentCommand) => ({ command, args })
const stdioEntry = ({ command, args }: AgentCommand) => ({ type: 'stdio', command, args })

/** The agents that `fusesearch init` knows. docs/set-ups.md says where each format was looked up, and when. */
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
 * True for an entry as some run of `init` wrote it, for any place of Node and of the program: then nobody's words are
 * lost when it is replaced or removed.
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

/** Version 2 has servers under `mcp.servers`, version 1 directly under `mcp`: a file keeps the form that it has. */
function opencodeKeys(content: unknown): readonly string[] {
  const { mcp } = (content ?? {}) as { readonly mcp?: Readonly<Record<string, unknown>> | null }
  const entries = Object.values(mcp ?? {})
  const isFlat = entries.some((entry) => typeof entry === 'object' && entry !== null && 'type' in entry)
  return isFlat ? ['mcp', SERVER_NAME] : ['mcp', 'servers', SERVER_NAME]
}
