/** What a coding agent calls to reach the server. */
export const SERVER = { name: 'fusesearch', command: 'fusesearch', args: ['mcp'] } as const

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
  /** The entry itself; for JSON only. */
  readonly entry: Readonly<Record<string, unknown>>
  /** Where it reads a skill from. */
  readonly skill: string
  /** Files or folders, in the project or in the home folder, that show that it is used. */
  readonly traces: readonly string[]
  readonly next: string
}

const SHARED_SKILL = '.agents/skills/fusesearch/SKILL.md'
const COMMAND_AND_ARGS = { command: SERVER.command, args: SERVER.args }
const mcpServers = (): readonly string[] => ['mcpServers', SERVER.name]

/** The agents that `fusesearch init` knows. Their formats were read in their documentation in November 2026. */
export const CLIENTS: readonly Client[] = [
  {
    name: 'claude-code',
    title: 'Claude Code',
    files: ['.mcp.json'],
    format: 'json',
    keys: mcpServers,
    entry: { type: 'stdio', ...COMMAND_AND_ARGS },
    skill: '.claude/skills/fusesearch/SKILL.md',
    traces: ['.mcp.json', '.claude', 'CLAUDE.md'],
    next: 'start claude here and approve the server; /mcp shows it',
  },
  {
    name: 'cursor',
    title: 'Cursor',
    files: ['.cursor/mcp.json'],
    format: 'json',
    keys: mcpServers,
    entry: COMMAND_AND_ARGS,
    skill: SHARED_SKILL,
    traces: ['.cursor'],
    next: 'turn the server on in the settings under MCP',
  },
  {
    name: 'vscode',
    title: 'VS Code',
    files: ['.vscode/mcp.json'],
    format: 'json',
    keys: () => ['servers', SERVER.name],
    entry: { type: 'stdio', ...COMMAND_AND_ARGS },
    skill: SHARED_SKILL,
    traces: ['.vscode'],
    next: 'start the server from the line above its entry',
  },
  {
    name: 'codex',
    title: 'Codex CLI',
    files: ['.codex/config.toml'],
    format: 'toml',
    keys: () => [],
    entry: COMMAND_AND_ARGS,
    skill: SHARED_SKILL,
    traces: ['.codex'],
    next: 'trust this project in codex; /mcp shows the server',
  },
  {
    name: 'gemini',
    title: 'Gemini CLI',
    files: ['.gemini/settings.json'],
    format: 'json',
    keys: mcpServers,
    entry: COMMAND_AND_ARGS,
    skill: SHARED_SKILL,
    traces: ['.gemini'],
    next: 'start gemini again; /mcp shows the server',
  },
  {
    name: 'opencode',
    title: 'opencode',
    files: ['opencode.json', 'opencode.jsonc', '.opencode/opencode.json', '.opencode/opencode.jsonc'],
    format: 'json',
    keys: opencodeKeys,
    entry: { type: 'local', command: [SERVER.command, ...SERVER.args] },
    skill: SHARED_SKILL,
    traces: ['opencode.json', 'opencode.jsonc', '.opencode', '.config/opencode'],
    next: 'start opencode again',
  },
]

/** Version 2 has servers under `mcp.servers`, version 1 directly under `mcp`: a file keeps the form that it has. */
function opencodeKeys(content: unknown): readonly string[] {
  const { mcp } = (content ?? {}) as { readonly mcp?: Readonly<Record<string, unknown>> | null }
  const entries = Object.values(mcp ?? {})
  const isFlat = entries.some((entry) => typeof entry === 'object' && entry !== null && 'type' in entry)
  return isFlat ? ['mcp', SERVER.name] : ['mcp', 'servers', SERVER.name]
}
