import { describe, expect, it, onTestFinished } from 'vitest'
import { createRecorder, parseTrajectory } from '../packages/fusesearch/src/agent/index.ts'
import { locate } from '../packages/fusesearch/src/locate/index.ts'
import { createChatModel, type WireName } from '../packages/fusesearch/src/models/index.ts'
import { createEmbeddedPolicy, createLlmPolicy, type LlmOptions } from '../packages/fusesearch/src/policies/index.ts'
import { MODEL_LIMITS } from '../packages/fusesearch/src/search/index.ts'
import { SHOP, SHOP_ISSUE, temporaryFolder, writeFiles } from './support/folder.ts'
import { withMoreTime } from './support/patience.ts'
import { type Script, startScriptedServer } from './support/scripted-model/index.ts'

const GREP = { calls: [{ name: 'grep', arguments: { pattern: 'def ' } }] }
const DEAD = { misbehaviour: 'unavailable-forever', reply: {} } as const

interface Played {
  readonly script: Script
  readonly wire?: WireName
  readonly options?: Partial<LlmOptions>
  readonly budget?: { readonly maxTurns?: number; readonly maxBreadth?: number; readonly deadlineMs?: number }
  /** Without a fallback. */
  readonly isAlone?: boolean
  /** Nothing listens where the model is asked. */
  readonly isGone?: boolean
}

/** A whole run over real HTTP, with the embedded policy behind the model. */
async function play({ script, wire = 'openai', options = {}, budget = {}, isAlone, isGone = false }: Played) {
  const server = await startScriptedServer({ script })
  if (isGone) await server.close()
  else onTestFinished(() => server.close())
  const retries = { attempts: 2, firstWaitMs: 1 }
  const model = createChatModel({ wire, model: 'scripted', baseUrl: server.url, retries })
  onTestFinished(() => model.close())
  let text = ''
  const facts = { tool: { name: 'test', version: '0' }, limits: MODEL_LIMITS, repository: {}, full: true }
  const result = await locate({
    repository: writeFiles(temporaryFolder(), SHOP),
    issue: SHOP_ISSUE,
    policy: createLlmPolicy({ model, ...(isAlone ? {} : { fallback: createEmbeddedPolicy() }), ...options }),
    limits: MODEL_LIMITS,
    budget,
    record: createRecorder(facts, (line) => {
      text += line
    }),
  })
  const trajectory = await parseTrajectory(text)
  const paths = result.files.map(({ path }) => path)
  return { result, paths, trajectory, end: trajectory.end, notices: result.notices.join('\n'), server }
}

describe('the fallback of the LLM policy', () => {
  it.each<WireName>(['openai', 'anthropic'])(
    'searches and answers where the endpoint is dead at once: %s',
    async (wire) => {
      const { result, trajectory, end, notices } = await play({ script: [DEAD], wire })
      expect(result.files[0]).toMatchObject({ path: 'shop/cart.py', functions: [{ name: 'Cart.apply_discount' }] })
      expect(end).toMatchObject({
        stoppedBy: 'policy-failed',
        answeredBy: 'next',
        failure: { code: 'model-unreachable', message: expect.stringContaining('answered 503') },
      })
      expect(trajectory.turns[0]?.calls.length).toBeGreaterThan(0)
      expect(trajectory.turns[0]?.notes?.join()).toMatch(
        /^The model failed: The model scripted at .* The policy embedded took over in turn 1\.$/,
      )
      expect(notices).toContain('The policy failed, so this is the answer of its fallback: The model scripted at')
      expect(notices).toContain('The model failed in turn 1: this is the answer of the policy embedded')
    },
  )

  it('does so where nobody listens, and where the key is refused', async () => {
    const gone = await play({ script: [], isGone: true })
    const refused = await play({ script: [{ misbehaviour: 'key-refused-and-echoed', reply: {} }] })
    expect([gone.end?.failure?.code, refused.end?.failure?.code]).toEqual(['model-unreachable', 'model-refused'])
    for (const { result } of [gone, refused]) expect(result.files.map(({ path }) => path)).toEqual(['shop/cart.py'])
  })

  it('takes over from the turn in which the model failed, with turns of its own', async () => {
    const script = [GREP, DEAD]
    const { result, trajectory } = await play({ script, budget: { maxTurns: 3, maxBreadth: 2 } })
    expect(trajectory.turns.map(({ turn }) => turn)).toEqual([1, 2, 3])
    expect(trajectory.turns[0]).toMatchObject({ calls: [{ tool: 'grep' }], model: { requests: 1 } })
    expect(trajectory.turns[1]?.notes?.join()).toContain('took over in turn 2')
    expect(trajectory.turns[1]?.calls.length).toBeLessThanOrEqual(2)
    expect(result.files.map(({ path }) => path)).toEqual(['shop/cart.py'])
    expect(result.stats.model?.requests).toBe(1)
  })

  it('takes over from a model that says nothing to go on with', async () => {
    const { result, end } = await play({ script: [{ text: '' }] })
    expect(result.files.map(({ path }) => path)).toEqual(['shop/cart.py'])
    expect(end).toMatchObject({ stoppedBy: 'policy-failed', failure: { code: 'model-reply-bad' } })
  })

  it('takes over where the model repeats calls that showed no file', async () => {
    const lost = { calls: [{ name: 'grep', arguments: { pattern: 'nowhere_to_be_found' } }] }
    const { result, trajectory, end } = await play({ script: [lost], budget: { maxTurns: 4 } })
    expect(trajectory.turns.map(({ calls }) => calls.length === 1).slice(0, 3)).toEqual([true, false, false])
    expect(result.files.map(({ path }) => path)).toEqual(['shop/cart.py'])
    expect(end?.failure?.message).toContain('only repeated calls of earlier turns')
  })

  it('searches where the budget of the model is too small for a single request', async () => {
    const { result, end } = await play({ script: [GREP], options: { maxTokens: 100 } })
    expect(result.files.map(({ path }) => path)).toEqual(['shop/cart.py'])
    expect(end).toMatchObject({
      stoppedBy: 'policy-failed',
      failure: { code: 'model-refused', message: expect.stringContaining('the limit of 100 tokens') },
    })
    expect(result.stats.model).toBeUndefined()
  })

  it('keeps time for itself where a silent endpoint would use up the deadline', async () => {
    const silent = [{ misbehaviour: 'silent-forever', reply: {} }] as const
    await withMoreTime(5_000, async (deadlineMs) => {
      const { result, end, notices } = await play({ script: silent, budget: { deadlineMs } })
      // Four fifths of what is left when the model is asked.
      const [, seconds] = /in (\d+\.\d) s, its share of the deadline/.exec(end?.failure?.message ?? '') ?? []
      expect(Number(seconds)).toBeLessThanOrEqual((0.8 * deadlineMs) / 1_000)
      expect(Number(seconds)).toBeGreaterThan((0.5 * deadlineMs) / 1_000)
      expect(result.files.map(({ path }) => path)).toEqual(['shop/cart.py'])
      expect(notices).toContain('the answer of the policy embedded')
    })
  })

  it('is not asked by a run without one, nor without tools', async () => {
    const script = [DEAD]
    const alone = createLlmPolicy({
      model: createChatModel({ wire: 'openai', model: 'x', baseUrl: 'http://127.0.0.1:9', retries: { attempts: 0 } }),
    })
    const root = writeFiles(temporaryFolder(), SHOP)
    expect(await locate({ repository: root, issue: SHOP_ISSUE, policy: alone })).toMatchObject({
      files: [],
      stoppedBy: 'policy-failed',
    })
    const blind = await play({ script, options: { noTools: true } })
    expect(blind.trajectory.turns).toEqual([])
    expect(blind.end).toMatchObject({ stoppedBy: 'policy-failed', answeredBy: 'answerNow' })
  })
})

const answer = (path: string) => ({ calls: [{ name: 'answer', arguments: { files: [{ path }] } }] })
const INVENTED = answer('src/invented/nowhere.py')

describe('an answer that no call bears out', () => {
  it('is sent back once, then the fallback searches on from that turn', async () => {
    const { paths, trajectory, end, notices } = await play({ script: [INVENTED] })
    expect(paths).toEqual(['shop/cart.py'])
    expect(end).toMatchObject({ stoppedBy: 'policy-failed', failure: { code: 'model-reply-bad' } })
    expect(end?.failure?.message).toContain('answered with paths that no call had shown: src/invented/nowhere.py.')
    expect(trajectory.turns[0]?.model?.requests).toBe(2)
    expect(trajectory.turns[0]?.calls.length).toBeGreaterThan(0)
    expect(trajectory.turns[0]?.notes?.join()).toContain('The policy embedded took over in turn 1.')
    expect(notices).toContain('The model failed in turn 1: this is the answer of the policy embedded')
  })

  it('is the model own again when it looks then, and no failure', async () => {
    const found = await play({ script: [INVENTED, GREP, answer('shop/cart.py')] })
    expect(found.paths).toEqual(['shop/cart.py'])
    expect(found.end).toMatchObject({ stoppedBy: 'answer', failure: null })
    const sent = JSON.stringify(found.server.requests.at(-1)?.body)
    expect(sent).toContain('Look first: call tools, then answer with paths as the tools show them.')
    const beside = await play({ script: [{ calls: [...INVENTED.calls, ...GREP.calls] }, answer('shop/cart.py')] })
    expect(beside.paths).toEqual(['shop/cart.py'])
    expect(beside.trajectory.turns[0]?.calls).toHaveLength(1)
  })

  it('gives way in a later turn too, and on the last to what the fallback has from the calls before', async () => {
    const later = await play({ script: [GREP, INVENTED] })
    expect(later.paths).toEqual(['shop/cart.py'])
    expect(later.notices).toContain('The model failed in turn 2')
    const last = await play({ script: [GREP, INVENTED], budget: { maxTurns: 2 } })
    expect(Object.keys(SHOP)).toContain(last.paths[0])
    expect(last.end).toMatchObject({ stoppedBy: 'policy-failed', failure: { code: 'model-reply-bad' } })
  })

  it('stays without a fallback, and the check of the answer says what is wrong', async () => {
    const { paths, end, notices } = await play({ script: [INVENTED], isAlone: true })
    expect(paths).toEqual([])
    expect(end).toMatchObject({ stoppedBy: 'answer', failure: null })
    expect(notices).toContain('src/invented/nowhere.py')
    // Sent back, and then only nonsense: the one that was sent back stands.
    const dumb = await play({ script: [answer('shop/cart.py'), { text: '' }], isAlone: true })
    expect(dumb.paths).toEqual(['shop/cart.py'])
  })
})
