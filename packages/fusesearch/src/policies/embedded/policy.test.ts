import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scriptedEncoder } from '../../../../../test/support/scripted-encoder.ts'
import { type Policy, type RunResult, runLoop } from '../../agent/index.ts'
import { FuseSearchError, systemClock } from '../../core/index.ts'
import { type Call, openWorkspace, PROGRAM_LIMITS, type Workspace } from '../../search/index.ts'
import {
  createEmbeddedPolicy,
  createFixedBreadthPolicy,
  createSequentialPolicy,
  ENCODER_WEIGHTS,
  type Reader,
} from '../index.ts'

const FILES: Readonly<Record<string, string>> = {
  'shop/__init__.py': '',
  'shop/cart.py':
    'from shop.prices import total_price\n\n\nclass Cart:\n    def __init__(self):\n        self.items = []\n\n    def add(self, item):\n        self.items.append(item)\n\n    def checkout(self, discount=None):\n        """Pay for what the cart holds."""\n        return total_price(self.items, discount)\n',
  'shop/prices.py':
    'def total_price(items, discount):\n    """Sum of the items less the discount."""\n    total = sum(item.price for item in items)\n    if discount:\n        total -= apply_discount(total, discount)\n    return total\n\n\ndef apply_discount(total, discount):\n    return total * discount / 100\n',
  'shop/limits.py': 'MAX_ITEMS = 40\n',
  'shop/mail.py': 'def send_receipt(address, text):\n    print(address, text)\n',
  'tests/test_cart.py':
    'from shop.cart import Cart\n\n\ndef test_checkout_discount():\n    assert Cart().checkout(discount=10) == 0\n',
  'docs/discount.md': 'apply_discount total_price discount discount discount\n',
}

const ISSUE =
  '`apply_discount` rounds the discount wrongly\n\nA discount of 15 percent on a total of 0.99 is off by one:\n\n```python\ncart.checkout(discount=15)\n```\n'

let root = ''
let workspace: Workspace

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fusesearch-policy-'))
  for (const [path, text] of Object.entries(FILES)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  for (let number = 0; number < 30; number += 1) {
    await writeFile(
      join(root, 'shop', `report${number}.py`),
      `def report_${number}(total):\n    return total + ${number}\n`,
    )
  }
  workspace = await openWorkspace({ root, ignoreRules: 'respect' })
})

afterAll(async () => {
  await workspace.close()
  await rm(root, { recursive: true })
})

function play(
  policy: Policy,
  options: { readonly issue?: string; readonly maxTurns?: number } = {},
): Promise<RunResult> {
  return runLoop({
    issue: options.issue ?? ISSUE,
    policy,
    seed: 0,
    budget: { maxTurns: options.maxTurns ?? 12 },
    runCalls: (calls, { bytesLeft, signal }) => workspace.runTurn(calls, { limits: PROGRAM_LIMITS, bytesLeft, signal }),
    clock: systemClock,
  })
}

function callsOf(run: RunResult): readonly Call[] {
  return run.turns.flatMap((turn) => turn.calls)
}

const POLICIES = [
  ['embedded', createEmbeddedPolicy],
  ['sequential', createSequentialPolicy],
  ['fixed-breadth', createFixedBreadthPolicy],
] as const

describe.each(POLICIES)('%s', (name, create) => {
  test('finds the file and the function that the issue is about', async () => {
    const { answer } = await play(create(), { maxTurns: 30 })
    expect(answer.files[0]?.path).toBe('shop/prices.py')
    expect(answer.files[0]?.functions[0]).toMatchObject({ name: 'apply_discount', startLine: 9, endLine: 10 })
    expect(answer.confidence).toBeGreaterThan(0)
    expect(answer.confidence).toBeLessThanOrEqual(1)
  })

  test('never repeats a call', async () => {
    const calls = callsOf(await play(create(), { maxTurns: 30 })).map((call) => JSON.stringify(call))
    expect(calls.length).toBeGreaterThan(2)
    expect(new Set(calls).size).toBe(calls.length)
  })

  test('gives the same run twice', async () => {
    const [one, other] = [await play(create()), await play(create())]
    expect(callsOf(one)).toEqual(callsOf(other))
    expect(one.answer).toEqual(other.answer)
  })

  test('is known by its name', () => {
    expect(create().name).toBe(name)
  })
})

test('the embedded policy begins wide and ends narrow', async () => {
  const { breadth } = (await play(createEmbeddedPolicy())).stats
  expect(breadth.length).toBeGreaterThan(1)
  expect(breadth[0]).toBeGreaterThan(breadth.at(-1) ?? 0)
})

test('the sequential policy makes one call a turn', async () => {
  const { breadth } = (await play(createSequentialPolicy(), { maxTurns: 5 })).stats
  expect(breadth).toEqual([1, 1, 1, 1])
})

test('the fixed-breadth policy makes eight calls while it has eight to make', async () => {
  const { breadth } = (await play(createFixedBreadthPolicy())).stats
  expect(breadth[0]).toBe(8)
})

test('tests and documents are not answered unless they are asked for', async () => {
  const { answer } = await play(createEmbeddedPolicy())
  expect(answer.files.map(({ path }) => path)).not.toContain('tests/test_cart.py')
  const issue = 'test_checkout_discount in tests/test_cart.py asserts the wrong sum'
  const withTests = await play(createEmbeddedPolicy({ includeTests: true }), { issue })
  expect(withTests.answer.files[0]?.path).toBe('tests/test_cart.py')
})

test('a frame of a trace maps to the tree by its longest suffix', async () => {
  const issue =
    'Crash on send\n\n  File "/opt/venv/lib/python3.9/site-packages/shop/mail.py", line 2, in send_receipt\nTypeError: bad\n'
  const { answer } = await play(createEmbeddedPolicy(), { issue })
  expect(answer.files[0]).toMatchObject({ path: 'shop/mail.py', functions: [{ name: 'send_receipt' }] })
})

test('a file without functions is answered with a finite score, and its blocks stand for functions', async () => {
  const { answer } = await play(createEmbeddedPolicy(), { issue: '`MAX_ITEMS` forbids large orders' })
  const limits = answer.files.find(({ path }) => path === 'shop/limits.py')
  expect(limits?.functions.map(({ name }) => name)).toEqual(['MAX_ITEMS'])
  expect(limits?.score).toBeGreaterThan(0)
})

test('evidence begins with the answered functions in their order', async () => {
  const { answer } = await play(createEmbeddedPolicy(), { issue: 'discount' })
  const [file] = answer.files
  expect(file?.functions.map(({ startLine }) => startLine)).toEqual([9, 1])
  expect(file?.evidence.slice(0, 2).map(({ startLine }) => startLine)).toEqual([9, 1])
})

test('the evidence of a file without an answered function is its best function, not the whole file', async () => {
  const { answer } = await play(createEmbeddedPolicy(), { issue: 'shop/mail.py should call apply_discount' })
  const mail = answer.files.find(({ path }) => path === 'shop/mail.py')
  expect(mail?.functions).toEqual([])
  const reason = "send_receipt matches the issue's terms"
  expect(mail?.evidence).toMatchObject([{ startLine: 1, endLine: 2, reason }])
})

test('an issue without a word of the tree gets an empty answer, not an error', async () => {
  const { answer, stoppedBy } = await play(createEmbeddedPolicy(), { issue: 'zzqqx wwvvk' })
  expect(answer.files).toEqual([])
  expect(answer.confidence).toBe(0)
  expect(stoppedBy).toBe('answer')
})

const sure = { doubt: 1, file: { best: 9, outline: 9 }, function: { own: 9, file: 9 } }
const vague = 'The sum is sometimes wrong\n\nIt happens in the shop.\n'

function reader(given: Partial<Reader>): Reader {
  return { encoder: scriptedEncoder('receipt'), weights: sure, ...given }
}

function settingsOf(given: Partial<Reader>): unknown {
  return createEmbeddedPolicy({ reader: reader(given) }).settings
}

describe('with an encoder', () => {
  test('the ranking is read where it is in doubt, and the run says what changed', async () => {
    const plain = await play(createEmbeddedPolicy(), { issue: vague })
    const encoder = scriptedEncoder('checkout')
    const run = await play(createEmbeddedPolicy({ reader: reader({ encoder }) }), { issue: vague })
    expect(plain.answer.files[0]?.path).toBe('shop/prices.py')
    expect(run.answer.files[0]?.path).toBe('shop/cart.py')
    expect(run.answer.files[0]?.functions[0]?.name).toBe('Cart.checkout')
    expect(run.answer.files[0]?.evidence.map(({ reason }) => reason)).toContainEqual(
      expect.stringMatching(/^reads like the issue: scripted raised the file from place \d+ to 1$/),
    )
    expect(run.notes).toEqual([expect.stringContaining('put shop/cart.py first')])
    expect(plain.notes).toBeUndefined()
    expect(encoder.asked).toHaveLength(1)
    expect(callsOf(run)).toEqual(callsOf(plain))
  })

  test('it is not asked where the ranking is sure, and the answer is the same to the byte', async () => {
    const encoder = scriptedEncoder('receipt')
    const weights = { ...sure, doubt: 0 }
    const run = await play(createEmbeddedPolicy({ reader: reader({ encoder, weights }) }))
    const plain = await play(createEmbeddedPolicy())
    expect(encoder.asked).toEqual([])
    expect(JSON.stringify(run.answer)).toBe(JSON.stringify(plain.answer))
    expect(run.notes).toBeUndefined()
  })

  test('it is named in the settings, so that another one or other weights make another policy', () => {
    expect(settingsOf({})).toMatchObject({ encoder: 'scripted 0123456789abcdef 1 9 9 9 9' })
    expect(settingsOf({ weights: { ...sure, doubt: 0.5 } })).not.toEqual(settingsOf({}))
    expect(createEmbeddedPolicy().settings).not.toHaveProperty('encoder')
    expect(Object.keys(ENCODER_WEIGHTS)).toEqual(['minilm', 'bge-small'])
  })

  test('where the search is stopped meanwhile, it stops too, and the answer is that of the words alone', async () => {
    const stop = new AbortController()
    const encoder: Reader['encoder'] = {
      ...scriptedEncoder('receipt'),
      vectors: (_, signal) => {
        stop.abort(new Error('the deadline'))
        return Promise.reject(signal.reason as Error)
      },
    }
    const inner = createEmbeddedPolicy({ reader: reader({ encoder }) })
    // What the loop does at a deadline: it waits no longer and takes the answer that there is.
    const stopped: Policy = {
      ...inner,
      start(options) {
        const run = inner.start(options)
        return {
          answerNow: (state) => run.answerNow(state),
          next: (state) =>
            run.next(state, stop.signal).catch((error: unknown) => {
              expect(error).toBe(stop.signal.reason)
              return { kind: 'answer', answer: run.answerNow(state) } as const
            }),
        }
      },
    }
    const run = await play(stopped, { issue: vague })
    const plain = await play(createEmbeddedPolicy(), { issue: vague })
    expect(stop.signal.aborted).toBe(true)
    expect(run.answer).toEqual(plain.answer)
  })

  test('where it fails, the answer is that of the words alone, and the failure is told', async () => {
    const failing = new FuseSearchError('The encoder is broken. Mend it.', { code: 'model-missing' })
    const encoder = { ...scriptedEncoder('receipt'), vectors: () => Promise.reject(failing) }
    const run = await play(createEmbeddedPolicy({ reader: reader({ encoder }) }), { issue: vague })
    const plain = await play(createEmbeddedPolicy(), { issue: vague })
    expect(run.answer).toEqual(plain.answer)
    expect(run).toMatchObject({ stoppedBy: 'policy-failed', failure: { message: 'The encoder is broken. Mend it.' } })
  })
})
