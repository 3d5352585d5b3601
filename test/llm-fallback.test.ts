import { describe, expect, it, onTestFinished } from 'vitest'
import { createRecorder, parseTrajectory } from '../src/agent/index.ts'
import { locate } from '../src/locate/index.ts'
import { createChatModel, type Script, startScriptedServer, type WireName } from '../src/models/index.ts'
import { createEmbeddedPolicy, createLlmPolicy, type LlmOptions } from '../src/policies/index.ts'
import { MODEL_LIMITS } from '../src/tools/index.ts'
import { SHOP, SHOP_ISSUE, temporaryFolder, writeFiles } from './support/folder.ts'

const GREP = { calls: [{ name: 'grep', arguments: { pattern: 'def ' } }] }
const DEAD = { misbehaviour: 'unavailable-forever', reply: {} }

interface Played {
  readonly script: Script
  readonly wire?: WireName
  readonly options?: Partial<LlmOptions>
  readonly budget?: { readonly maxTurns?: number; readonly maxBreadth?: number; readonly deadlineMs?: number }
  /** Nothing listens where the model is asked. */
  readonly isGone?: boolean
}

/** A whole run over real HTTP, with the embedded policy behind the model. */
async function play({ script, wire = 'openai', options = {}, budget = {}, isGone = false }: Played) {
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
    policy: createLlmPolicy({ model, fallback: createEmbeddedPolicy(), ...options }),
    limits: MODEL_LIMITS,
    budget,
    record: createRecorder(facts, (line) => {
      text += line
    }),
  })
  const trajectory = await parseTrajectory(text)
  return { result, trajectory, end: trajectory.end, notices: result.notices.join('\n') }
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
        /^The model failed: The model scripted at .* The policy embedded went on from turn 1\.$/,
      )
      expect(notices).toContain(
        'The policy failed, so this is the answer of another in its place: The model scripted at',
      )
      expect(notices).toContain('The model failed in turn 1: this is the answer of the policy embedded')
    },
  )

  it('does so where nobody listens, and where the key is refused', async () => {
    const gone = await play({ script: [], isGone: true })
    const refused = await play({ script: [{ misbehaviour: 'key-refused-and-echoed', reply: {} }] })
    expect([gone.end?.failure?.code, refused.end?.failure?.code]).toEqual(['model-unreachable', 'model-refused'])
    for (const { result } of [gone, refused]) expect(result.files.map(({ path }) => path)).toEqual(['shop/cart.py'])
  })

  it('goes on with what the model had seen, and within the same budget', async () => {
    const script = [GREP, DEAD]
    const { result, trajectory } = await play({ script, budget: { maxTurns: 3, maxBreadth: 2 } })
    expect(trajectory.turns.map(({ turn }) => turn)).toEqual([1, 2])
    expect(trajectory.turns[0]).toMatchObject({ calls: [{ tool: 'grep' }], model: { requests: 1 } })
    expect(trajectory.turns[1]?.notes?.join()).toContain('went on from turn 2')
    expect(trajectory.turns[1]?.calls.length).toBeLessThanOrEqual(2)
    expect(result.files.map(({ path }) => path)).toEqual(['shop/cart.py'])
    expect(result.stats.model?.requests).toBe(1)
  })

  it('takes over from a model that says nothing to go on with', async () => {
    const { result, end } = await play({ script: [{ text: '' }] })
    expect(result.files.map(({ path }) => path)).toEqual(['shop/cart.py'])
    expect(end).toMatchObject({ stoppedBy: 'policy-failed', failure: { code: 'model-reply-bad' } })
  })

  it('takes the last turn with calls where those of the model showed no file at all', async () => {
    const lost = { calls: [{ name: 'grep', arguments: { pattern: 'nowhere_to_be_found' } }] }
    const { result, trajectory, end } = await play({ script: [lost], budget: { maxTurns: 4 } })
    expect(trajectory.turns.map(({ calls }) => calls.length === 1)).toEqual([true, true, false])
    expect(result.files.map(({ path }) => path)).toEqual(['shop/cart.py'])
    expect(end?.failure?.message).toContain('first 2 turns had shown no file')
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
    const silent = [{ misbehaviour: 'silent-forever', reply: {} }]
    const { result, end, notices } = await play({ script: silent, budget: { deadlineMs: 5_000 } })
    expect(end?.failure?.message).toContain('in 4.0 s, and the deadline leaves no more')
    expect(result.files.map(({ path }) => path)).toEqual(['shop/cart.py'])
    expect(notices).toContain('the answer of the policy embedded')
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
