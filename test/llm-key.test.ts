import { createServer } from 'node:http'
import { expect, it, onTestFinished } from 'vitest'
import { createRecorder } from '../packages/fusesearch/src/agent/index.ts'
import { locate } from '../packages/fusesearch/src/locate/index.ts'
import { createChatModel, probeModel } from '../packages/fusesearch/src/models/index.ts'
import { createLlmPolicy } from '../packages/fusesearch/src/policies/index.ts'
import { MODEL_LIMITS } from '../packages/fusesearch/src/search/index.ts'
import { SHOP_ISSUE, tinyRepository } from './support/folder.ts'
import { KEY_FORMS, leftOf } from './support/key-forms.ts'
import { PATIENCE_MS } from './support/patience.ts'

const KEY = 'Qz7-Kj4xW_9vB2mN6tRs'
const HEADER_KEY = 'Hd5yLp8cXw3gTn1fVe0a'
const QUERY_KEY = 'Yu6iOk2sAz9dEr4hMb7q'

let drawn = 0
const draw = (): number => drawn++
const forms = [KEY, HEADER_KEY, QUERY_KEY].flatMap((key) => Object.values(KEY_FORMS).map((toForm) => toForm(key, draw)))

interface Answer {
  readonly status: number
  readonly body: string
}

/** An endpoint that says one thing after another, the last again and again. */
async function serve(answers: readonly Answer[]): Promise<string> {
  let asked = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const { body, status } = answers[Math.min(asked++, answers.length - 1)] ?? { status: 500, body: '' }
      response.writeHead(status, { 'content-type': 'application/json', location: `http://${KEY}.example/?k=${KEY}` })
      response.end(body)
    })
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/v1?api_key=${QUERY_KEY}`
}

function modelAt(baseUrl: string) {
  return {
    wire: 'openai' as const,
    model: 'm',
    baseUrl,
    key: KEY,
    headers: { 'X-Proxy-Token': `Token ${HEADER_KEY}` },
    retries: { attempts: 3, firstWaitMs: 1 },
  }
}

function reply(form: string): Answer {
  const call = { id: form, type: 'function', function: { name: form, arguments: JSON.stringify({ pattern: form }) } }
  const grep = { ...call, function: { ...call.function, name: 'grep' } }
  const message = { role: 'assistant', content: `I saw ${form}.`, reasoning_content: form, tool_calls: [call, grep] }
  return { status: 200, body: JSON.stringify({ choices: [{ finish_reason: 'tool_calls', message }] }) }
}

const error = (form: string): string => JSON.stringify({ error: { message: `no ${form}`, type: form, param: form } })

function expectNone(text: string): void {
  expect(forms.flatMap((form) => leftOf(form, text))).toEqual([])
}

it('writes no form of a key into a trajectory, an answer or an error', async () => {
  const turns = [
    { status: 503, body: forms.join(' ') },
    reply(forms.join(' ')),
    { status: 401, body: error(forms.join(' ')) },
  ]
  const model = createChatModel(modelAt(await serve(turns)))
  onTestFinished(() => model.close())
  let written = ''
  const facts = { tool: { name: 'test', version: '0' }, limits: MODEL_LIMITS, repository: {}, full: true }
  const record = createRecorder(facts, (line) => {
    written += line
  })
  const result = await locate({
    repository: tinyRepository(),
    issue: SHOP_ISSUE,
    policy: createLlmPolicy({ model }),
    budget: { maxTurns: 8 },
    record,
  })
  expect(written).toContain('"pattern":"[key]')
  expect(written).toContain('answered 401')
  expectNone(written)
  expectNone(JSON.stringify(result))
})

/** Whatever an endpoint may answer that is no reply, each with the form somewhere in it. */
const FAILURES: readonly ((form: string) => Answer)[] = [
  (form) => ({ status: 400, body: error(form) }),
  (form) => ({ status: 500, body: `<html><p>${form}</p></html>` }),
  (form) => ({ status: 302, body: form }),
  (form) => ({ status: 200, body: form }),
  // An event is one line: what a line end cuts in two is two texts.
  (form) => ({ status: 200, body: `data: ${form.replaceAll(/\s+/g, ' ')}\n\n` }),
  (form) => ({ status: 200, body: JSON.stringify({ error: form }) }),
  (form) => ({ status: 422, body: JSON.stringify({ detail: [{ loc: [form], msg: form }] }) }),
]

it('shows no form of a key in an error or in what a check of an endpoint finds', async () => {
  // Together, because most of the time is waiting.
  const asked = forms.map(async (form, index) => {
    const options = modelAt(await serve([(FAILURES[index % FAILURES.length] ?? reply)(form)]))
    const model = createChatModel(options)
    const signal = AbortSignal.timeout(PATIENCE_MS)
    const thrown: unknown = await model
      .complete({ messages: [], tools: [] }, signal)
      .catch((failure: unknown) => failure)
    await model.close()
    if (!(thrown instanceof Error)) throw new Error('it was answered')
    expectNone(`${thrown.stack} ${JSON.stringify(thrown)} ${String(thrown.cause)}`)
    if (index % 4 !== 0) return
    for await (const finding of probeModel(options, signal)) expectNone(JSON.stringify(finding))
  })
  await Promise.all(asked)
})
