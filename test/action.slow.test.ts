import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { ensureBuilt, ROOT } from './support/command.ts'
import { git, temporaryFolder, tinyRepository, writeFiles } from './support/folder.ts'

beforeAll(ensureBuilt)

const TOKEN = 'a token of the test'

interface Comment {
  readonly id: number
  body: string
  readonly user: { readonly type: string }
}

interface Api {
  readonly url: string
  readonly comments: Comment[]
  readonly requests: string[]
}

/** Simulates the API for comments: a list, a new one, a change. */
async function startApi(comments: Comment[] = [], status = 200): Promise<Api> {
  const requests: string[] = []
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://api')
    requests.push(`${request.method} ${pathname}`)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { body = '' } = JSON.parse(Buffer.concat(chunks).toString() || '{}') as { body?: string }
    const isAllowed = request.headers.authorization === `Bearer ${TOKEN}`
    response.statusCode = isAllowed ? status : 401
    if (request.method === 'POST') comments.push({ id: comments.length + 1, body, user: { type: 'Bot' } })
    const changed = comments.find(({ id }) => pathname.endsWith(`/issues/comments/${id}`))
    if (request.method === 'PATCH' && changed) changed.body = body
    const start = (Number(searchParams.get('page') ?? 1) - 1) * 100
    response.end(JSON.stringify(request.method === 'GET' ? comments.slice(start, start + 100) : {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, comments, requests }
}

interface Job {
  readonly api: Api
  readonly event?: string
  readonly inputs?: Readonly<Record<string, string>>
  readonly repository?: string
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly outputs: string
}

/** Runs the action like a runner: inputs and facts in the environment. */
async function runAction({ api, event = 'opened', inputs = {}, repository = tinyRepository() }: Job): Promise<Ended> {
  const outputs = join(writeFiles(temporaryFolder(), { outputs: '' }), 'outputs')
  const all = { token: TOKEN, label: '', 'min-confidence': '0', 'max-files': '5', repository, ...inputs }
  const env = {
    ...process.env,
    ...Object.fromEntries(Object.entries(all).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value])),
    GITHUB_API_URL: api.url,
    GITHUB_SERVER_URL: 'https://forge.example',
    GITHUB_REPOSITORY: 'acme/shop',
    GITHUB_WORKSPACE: repository,
    GITHUB_EVENT_PATH: join(ROOT, `test/support/events/${event}.json`),
    GITHUB_OUTPUT: outputs,
  }
  const child = spawn(process.execPath, [join(ROOT, 'action/main.mjs')], { env, cwd: repository })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, stdout, outputs: readFileSync(outputs, 'utf8') }
}

describe('the action', () => {
  it('comments places with links to lines at the commit, once, and updates its own comment', async () => {
    const api = await startApi([{ id: 1, body: '<!-- fusesearch-action --> I am no bot', user: { type: 'User' } }])
    const repository = tinyRepository()
    const commit = git(repository, 'rev-parse', 'HEAD').trim()
    const first = await runAction({ api, repository })
    expect(first).toMatchObject({ code: 0, outputs: expect.stringMatching(/^confidence=0\.\d\d\ncommented=true\n$/) })
    const place = `https://forge.example/acme/shop/blob/${commit}/shop/cart.py#L10-L14`
    expect(api.comments[1]?.body).toContain(`[\`Cart.apply_discount\`](${place})`)
    git(repository, 'commit', '--quiet', '--allow-empty', '-m', 'later')
    expect(await runAction({ api, repository })).toMatchObject({ code: 0, stdout: expect.stringContaining('Updated') })
    expect(api.comments).toHaveLength(2)
    expect(api.comments[1]?.body).not.toContain(commit)
    expect(api.comments[0]?.body).toContain('I am no bot')
    expect(git(repository, 'status', '--porcelain')).toBe('')
  })

  it('finds its own comment after more than a page of others', async () => {
    const others = Array.from({ length: 120 }, (_, index) => ({ id: index + 1, body: 'x', user: { type: 'User' } }))
    const api = await startApi([...others, { id: 500, body: '<!-- fusesearch-action -->\nold', user: { type: 'Bot' } }])
    await runAction({ api })
    expect(api.requests.at(-1)).toBe('PATCH /repos/acme/shop/issues/comments/500')
  })

  it("writes nothing below the requested confidence, and doesn't call the API", async () => {
    const api = await startApi()
    const { code, outputs, stdout } = await runAction({ api, inputs: { 'min-confidence': '1' } })
    expect({ code, requests: api.requests }).toEqual({ code: 0, requests: [] })
    expect(stdout).toMatch(/Confidence 0\.\d\d is below 1/)
    expect(outputs).not.toContain('commented')
  })

  it('waits for the label if one is given', async () => {
    const api = await startApi()
    expect((await runAction({ api, inputs: { label: 'bug' } })).stdout).toContain('Nothing to do')
    expect((await runAction({ api, event: 'labeled', inputs: { label: 'other' } })).stdout).toContain('Nothing to do')
    expect((await runAction({ api, event: 'labeled' })).stdout).toContain('Nothing to do')
    expect(api.requests).toEqual([])
    await runAction({ api, event: 'labeled', inputs: { label: 'bug' } })
    expect(api.requests.at(-1)).toBe('POST /repos/acme/shop/issues/8/comments')
  })

  it('fails in one line, with the next step, and never shows its token', async () => {
    const refused = await runAction({ api: await startApi([], 403) })
    expect(refused.code).toBe(1)
    expect(refused.stdout).toMatch(
      /^::error title=FuseSearch::GET .* 403\. The job needs the permission issues: read\.$/m,
    )
    const bare = await runAction({
      api: await startApi(),
      repository: writeFiles(temporaryFolder(), { 'cart.py': 'def apply_discount(): pass\n' }),
    })
    expect(bare.stdout).toContain('actions/checkout')
    expect(refused.stdout + bare.stdout).not.toContain(TOKEN)
  })
})

describe('the comment', () => {
  it('has text of the repository only in code', async () => {
    const { renderComment } = (await import(pathToFileURL(join(ROOT, 'action/comment.mjs')).href)) as {
      renderComment: (result: object, place: object) => string
    }
    const evil = 'a`b``](https://evil.example) @everyone\n# x\u202e.py'
    const file = {
      path: evil,
      functions: [{ name: evil, startLine: 1, endLine: 2 }],
      evidence: [{ reason: evil, startLine: 1, endLine: 1 }],
    }
    const text = renderComment(
      { confidence: 0.5, files: [file] },
      { page: 'https://forge.example/a/b', commit: 'c'.repeat(40), maxFiles: 5 },
    )
    const outside = text.replaceAll(/(`+)(?!`).*?[^`]\1(?!`)/g, '')
    expect(outside).not.toMatch(/@everyone|evil\.example\)|^# x/m)
    expect(text).not.toContain('\u202e')
  })
})
