import { describe, expect, it } from 'vitest'
import { PATIENCE_MS } from '../../../../test/support/patience.ts'
import { costOf, modelFromEnvironment, resolveModel } from './index.ts'

const KEYS = { OPENAI_API_KEY: 'key-of-openai', ANTHROPIC_API_KEY: 'key-of-anthropic' }
const OPENAI = { wire: 'openai', model: 'm' }

describe('the key of a vendor goes to its own host only', () => {
  it.each([
    ['https://api.openai.com/v1', 'key-of-openai'],
    ['http://api.openai.com/v1', undefined],
    ['https://api.openai.com.evil.example/v1', undefined],
    ['https://evil.example/api.openai.com', undefined],
    ['https://api.openai.com:8443/v1', undefined],
    ['http://localhost:8000/v1', undefined],
    ['https://openrouter.ai/api/v1', undefined],
    ['https://api.anthropic.com', 'key-of-anthropic'],
    ['https://api.anthropic.com.evil.example/v1/messages', undefined],
  ])('%s', (baseUrl, key) => {
    expect(resolveModelOrNull({ model: 'm', baseUrl }, KEYS)).toBe(key)
  })

  it('not even in the other wire form', () => {
    expect(resolveModel({ model: 'm', baseUrl: 'https://api.openai.com/v1', wire: 'anthropic' }, KEYS).key).toBe(
      'key-of-openai',
    )
  })
})

function resolveModelOrNull(...given: Parameters<typeof resolveModel>): string | undefined {
  try {
    return resolveModel(...given).key
  } catch {
    return undefined
  }
}

it('takes flags before the environment and its own key for any host', () => {
  const env = { ...KEYS, FUSESEARCH_MODEL: 'e', FUSESEARCH_BASE_URL: 'http://e:1', FUSESEARCH_API_KEY: 'own' }
  expect(resolveModel({}, env)).toEqual({
    ...OPENAI,
    model: 'e',
    baseUrl: 'http://e:1',
    key: 'own',
    keyFrom: 'FUSESEARCH_API_KEY',
  })
  expect(resolveModel({ model: 'm', baseUrl: 'http://f:1' }, env)).toMatchObject({ model: 'm', baseUrl: 'http://f:1' })
})

function wireOf(baseUrl?: string, model = 'm', wire?: string): string {
  return resolveModel({ model, ...(baseUrl && { baseUrl }), ...(wire && { wire }) }, KEYS).wire
}

it('sees the wire form from the flag, the host, the path and the name', () => {
  expect(wireOf()).toBe('openai')
  expect(wireOf(undefined, 'claude-x')).toBe('anthropic')
  expect(wireOf('http://localhost:1/v1', 'claude-x')).toBe('openai')
  expect(wireOf('http://localhost:1/v1/messages/')).toBe('anthropic')
  expect(wireOf('https://api.anthropic.com/')).toBe('anthropic')
  expect(wireOf('http://localhost:1', 'm', 'anthropic')).toBe('anthropic')
})

it('says what is missing, and never a key', () => {
  expect(() => resolveModel({}, {})).toThrow(/No model is named.*--model/)
  expect(() => resolveModel({ model: 'm' }, { OPENAI_API_KEY: ' ' })).toThrow(
    /no key for api\.openai\.com.*OPENAI_API_KEY/,
  )
  expect(() => resolveModel({ model: 'm', wire: 'soap' }, KEYS)).toThrow('There is no wire form "soap"')
  expect(() => resolveModel({ model: 'm', baseUrl: 'https://me:secret@host' }, KEYS)).toThrow(
    /^(?!.*secret).*user or password/,
  )
  expect(() => resolveModel({ model: 'm', baseUrl: 'me:secret@host?k=secret' }, KEYS)).toThrow(/^(?!.*k=secret)/)
})

it('takes a GGUF file for a model of its own', async () => {
  const model = modelFromEnvironment({ model: 'models/tiny.gguf' }, KEYS, { cwd: '/nowhere' })
  expect(model).toMatchObject({ name: 'tiny.gguf', endpoint: 'gguf in this process' })
  const asked = model.complete({ messages: [], tools: [] }, AbortSignal.timeout(PATIENCE_MS))
  await expect(asked).rejects.toThrow("The model /nowhere/models/tiny.gguf can't be read")
  expect(() => resolveModel({ model: 'tiny.gguf' }, KEYS)).toThrow('is a file')
  expect(resolveModel({ model: 'tiny.gguf', baseUrl: 'http://localhost:1' }, KEYS).model).toBe('tiny.gguf')
})

it('counts cached tokens at their own price', () => {
  const usage = { inputTokens: 1_000_000, outputTokens: 100_000, cachedTokens: 600_000 }
  const price = { inputPerMillion: 3, outputPerMillion: 15, cachedPerMillion: 0.3 }
  // 0.4 × 3 + 0.6 × 0.3 + 0.1 × 15
  expect(costOf(usage, price)).toBeCloseTo(2.88, 10)
  expect(costOf({ ...usage, cachedTokens: null }, price)).toBeCloseTo(4.5, 10)
  expect(costOf(usage, { inputPerMillion: 3, outputPerMillion: 15 })).toBeCloseTo(4.5, 10)
  expect(costOf({ inputTokens: 0, outputTokens: 0, cachedTokens: null }, price)).toBe(0)
})
