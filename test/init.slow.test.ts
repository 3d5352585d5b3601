import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt, MAIN, runFusesearch, startFusesearch } from './support/command.ts'
import { temporaryFolder, writeFiles } from './support/folder.ts'

beforeAll(ensureBuilt)

function init(folder: string, ...args: readonly string[]): ReturnType<typeof runFusesearch> {
  return runFusesearch(['init', ...args], { cwd: folder, env: { HOME: temporaryFolder() } })
}

function read(folder: string, path: string): unknown {
  return JSON.parse(readFileSync(join(folder, path), 'utf8'))
}

/** If the PATH doesn't lead to the command. */
const SERVER = { command: process.execPath, args: [MAIN, 'mcp'] }
const ROOTED = { ...SERVER, args: [...SERVER.args, '--root', '${workspaceFolder}'] }

describe('fusesearch init', () => {
  it('sets up every client, shows what it writes, and has nothing to do the second time', async () => {
    const folder = temporaryFolder()
    const { code, stdout } = await init(folder, '--client', 'all', '--yes')
    expect(code).toBe(0)
    expect(stdout).toContain('+++ .mcp.json')
    expect(read(folder, '.mcp.json')).toEqual({ mcpServers: { fusesearch: { type: 'stdio', ...SERVER } } })
    expect(read(folder, '.cursor/mcp.json')).toEqual({ mcpServers: { fusesearch: ROOTED } })
    expect(read(folder, '.vscode/mcp.json')).toEqual({ servers: { fusesearch: { type: 'stdio', ...ROOTED } } })
    expect(read(folder, '.gemini/settings.json')).toEqual({ mcpServers: { fusesearch: SERVER } })
    const opencode = { mcp: { servers: { fusesearch: { type: 'local', command: [SERVER.command, ...SERVER.args] } } } }
    expect(read(folder, 'opencode.json')).toEqual(opencode)
    const toml = `[mcp_servers.fusesearch]\ncommand = "${process.execPath}"\nargs = ["${MAIN}", "mcp"]\n`
    expect(readFileSync(join(folder, '.codex/config.toml'), 'utf8')).toBe(toml)
    const skill = readFileSync(join(folder, '.claude/skills/fusesearch/SKILL.md'), 'utf8')
    expect(skill).toMatch(/^---\nname: fusesearch\ndescription: .{50,1024}\n---\n/)
    expect(readFileSync(join(folder, '.agents/skills/fusesearch/SKILL.md'), 'utf8')).toBe(skill)
    const again = await init(folder, '--client', 'all', '--yes')
    expect(again.code).toBe(0)
    expect(again.stdout.match(/already set up/g)).toHaveLength(8)
  })

  it('writes a command that runs, and the plain name if the PATH leads to this program', async () => {
    const folder = temporaryFolder()
    await init(folder, '--client', 'gemini', '--yes')
    const { mcpServers } = read(folder, '.gemini/settings.json') as { mcpServers: { fusesearch: typeof SERVER } }
    const { args, command } = mcpServers.fusesearch
    expect(spawnSync(command, [...args, '--help'], { encoding: 'utf8' })).toMatchObject({ status: 0 })

    const bin = temporaryFolder()
    symlinkSync(MAIN, join(bin, 'fusesearch'))
    const env = { HOME: temporaryFolder(), PATH: [bin, process.env.PATH].join(delimiter) }
    const named = await startFusesearch(['init', '--client', 'gemini', '--yes'], { cwd: folder, env })
    expect(named.stdout).toContain('-      "command"')
    expect(read(folder, '.gemini/settings.json')).toEqual({
      mcpServers: { fusesearch: { command: 'fusesearch', args: ['mcp'] } },
    })
  })

  it('adds a section to existing instruction files, and removes everything again', async () => {
    const before = {
      'AGENTS.md': '# Rules\n',
      'CLAUDE.md': '# Mine\n\ntext\n',
      '.vscode/mcp.json': '{\n  // mine\n  "servers": {\n    "other": {}\n  }\n}\n',
      '.codex/config.toml': 'model = "x"\n',
    }
    const folder = writeFiles(temporaryFolder(), before)
    await init(folder, '--client', 'all', '--yes')
    expect(readFileSync(join(folder, 'CLAUDE.md'), 'utf8')).toMatch(/^# Mine\n\ntext\n\n<!-- fusesearch: .*`locate`/s)
    expect(readFileSync(join(folder, 'AGENTS.md'), 'utf8')).toContain('`locate`')
    expect(existsSync(join(folder, 'GEMINI.md'))).toBe(false)
    const removed = await init(folder, '--remove', '--yes')
    expect(removed).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('+++ /dev/null') })
    expect(readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())).toHaveLength(4)
    for (const [path, text] of Object.entries(before)) expect(readFileSync(join(folder, path), 'utf8')).toBe(text)
    expect(await init(folder, '--remove')).toMatchObject({
      code: 0,
      stdout: 'Nothing to remove: fusesearch is not set up here.\n',
    })
  })

  it('writes one file once if a link gives it two names', async () => {
    const folder = writeFiles(temporaryFolder(), { 'AGENTS.md': '# Rules\n' })
    symlinkSync('AGENTS.md', join(folder, 'CLAUDE.md'))
    expect(await init(folder, '--client', 'all', '--yes')).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(join(folder, 'AGENTS.md'), 'utf8').match(/`locate`/g)).toHaveLength(1)
  })

  it("doesn't remove an entry that someone changed", async () => {
    const folder = writeFiles(temporaryFolder(), { '.mcp.json': '{"mcpServers":{"fusesearch":{"command":"my-own"}}}' })
    const { code, stdout } = await init(folder, '--remove', '--yes')
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('was changed') })
    expect(read(folder, '.mcp.json')).toEqual({ mcpServers: { fusesearch: { command: 'my-own' } } })
  })

  it('uses the clients that left traces, and writes nothing unless told to', async () => {
    const folder = writeFiles(temporaryFolder(), { '.cursor/rules/a.mdc': '', 'opencode.json': '{}' })
    const dry = await init(folder, '--dry-run')
    const unasked = await init(folder)
    expect([dry.code, unasked.code]).toEqual([0, 1])
    expect(dry.stdout).toContain('+++ .cursor/mcp.json')
    expect(dry.stdout).toContain('+++ opencode.json')
    expect(dry.stdout).not.toContain('.mcp.json\n+++ .mcp.json')
    expect(unasked.stderr).toContain('--yes')
    expect(existsSync(join(folder, '.cursor/mcp.json'))).toBe(false)
  })

  it("keeps someone's edits: other servers, a changed entry, broken JSON, a changed skill", async () => {
    const mine = '{\n  // mine\n  "servers": {\n'
    const folder = writeFiles(temporaryFolder(), {
      '.mcp.json': '{"mcpServers":{"other":{"command":"x"}},"note":[1, 2]}',
      '.cursor/mcp.json': '{"mcpServers":{"fusesearch":{"command":"my-own"}}}',
      '.vscode/mcp.json': mine,
      '.agents/skills/fusesearch/SKILL.md': 'my own words',
      'opencode.json': '{"mcp":{"old":{"type":"local","command":["x"]}}}',
    })
    const { code, stdout } = await init(folder, '-c', 'claude-code', 'cursor', 'vscode', 'opencode', '--yes')
    expect(code).toBe(1)
    expect(read(folder, '.mcp.json')).toMatchObject({ mcpServers: { other: {}, fusesearch: {} }, note: [1, 2] })
    expect(read(folder, '.cursor/mcp.json')).toEqual({ mcpServers: { fusesearch: { command: 'my-own' } } })
    expect(readFileSync(join(folder, '.vscode/mcp.json'), 'utf8')).toBe(mine)
    expect(readFileSync(join(folder, '.agents/skills/fusesearch/SKILL.md'), 'utf8')).toBe('my own words')
    expect(Object.keys((read(folder, 'opencode.json') as { mcp: object }).mcp)).toEqual(['old', 'fusesearch'])
    expect(stdout).toContain('.vscode/mcp.json: left unchanged, because it is broken JSON')
  })

  it('writes through no link that leads out, and shows no escape sequence of a file', async () => {
    const outside = temporaryFolder()
    const folder = writeFiles(temporaryFolder(), { '.mcp.json': '{\n  "a": "\u009b31m"\n}\n' })
    symlinkSync(outside, join(folder, '.cursor'))
    symlinkSync(join(outside, 'made'), join(folder, '.gemini'))
    const { code, stdout } = await init(folder, '-c', 'cursor', 'gemini', 'claude-code', '--yes')
    expect(code).toBe(1)
    expect(existsSync(join(outside, 'mcp.json')) || existsSync(join(outside, 'made'))).toBe(false)
    expect(stdout).toContain('a link leads out of this folder')
    expect(stdout).not.toContain('\u009b')
  })

  it.runIf(process.platform === 'linux' && existsSync('/usr/bin/script'))(
    'ends at its question with Ctrl-C: code 130, an empty line, no word',
    async () => {
      const folder = temporaryFolder()
      // A real terminal: there ^C becomes a signal.
      const command = `'${process.execPath}' '${MAIN}' init --client gemini`
      const child = spawn('/usr/bin/script', ['--quiet', '--return', '--command', command, '/dev/null'], {
        cwd: folder,
      })
      let shown = ''
      child.stdout.on('data', (chunk: Buffer) => {
        const before = shown
        shown += chunk.toString('utf8')
        if (shown.includes('[y/N]') && !before.includes('[y/N]')) child.stdin.write('\u0003')
      })
      const code = await new Promise((resolve) => child.on('close', resolve))
      expect({ code, end: shown.slice(shown.indexOf('[y/N]')) }).toEqual({
        code: 130,
        // oxlint-disable-next-line no-control-regex -- the sequence that empties a line
        end: expect.stringMatching(/^\[y\/N\] \^C\s*\r\u001b\[2K$/),
      })
      expect(existsSync(join(folder, '.gemini'))).toBe(false)
    },
  )

  it('refuses an unknown client, and lists the known ones', async () => {
    const { code, stderr } = await init(temporaryFolder(), '--client', 'emacs')
    expect(code).toBe(2)
    expect(stderr).toContain('claude-code, cursor, vscode, codex, gemini, opencode')
    const none = await init(temporaryFolder())
    expect(none.code).toBe(2)
    expect(none.stderr).toContain('--client')
  })
})
