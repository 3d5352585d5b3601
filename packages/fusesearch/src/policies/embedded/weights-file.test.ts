import { describe, expect, test } from 'vitest'
import { DEFAULT_WEIGHTS } from './trained.ts'
import { HAND_WEIGHTS } from './weights.ts'
import { digestWeights, parseWeights, weightsText } from './weights-file.ts'

const text = weightsText(HAND_WEIGHTS)

test('weights come back from their file as they were', () => {
  expect(parseWeights(text, 'w.json')).toEqual(HAND_WEIGHTS)
  expect(parseWeights(weightsText(DEFAULT_WEIGHTS), 'w.json')).toEqual(DEFAULT_WEIGHTS)
})

test('the weights of an encoder are in the file where a training fitted them, and change no digest', () => {
  const encoder = { doubt: 0.4, file: { best: 1, outline: 2 }, function: { own: 3, file: 4 } }
  const own = { ...HAND_WEIGHTS, encoder }
  expect(parseWeights(weightsText(own), 'w.json')).toEqual(own)
  expect(digestWeights(own)).toBe(digestWeights(HAND_WEIGHTS))
  const broken = weightsText(own).replace('"outline":2', '"outline":null')
  expect(() => parseWeights(broken, 'w.json')).toThrow('w.json: encoder.file.outline is no finite number')
})

test('a digest names the numbers, whatever their order', () => {
  const file = Object.fromEntries(Object.entries(HAND_WEIGHTS.file).reverse()) as unknown as typeof HAND_WEIGHTS.file
  expect(digestWeights({ ...HAND_WEIGHTS, file })).toBe(digestWeights(HAND_WEIGHTS))
  expect(digestWeights({ ...HAND_WEIGHTS, confidence: { slope: 1, bias: 0.1 } })).not.toBe(digestWeights(HAND_WEIGHTS))
})

describe('a weights file is refused by its name and what is wrong:', () => {
  test.each<[string, string, string]>([
    ['no JSON', text.slice(0, 100), 'w.json is not JSON'],
    ['other JSON', '[]', 'w.json is no weights file'],
    ['a checkpoint', '{"version":1,"weights":{}}', 'w.json is no weights file'],
    ['another version', text.replace('"version":1', '"version":2'), 'another version or feature set'],
    ['other features', text.replace(/"features":"\w+"/, '"features":"0"'), 'another version or feature set'],
    ['not a number', text.replace('"lexical":2.2', '"lexical":null'), 'w.json: file.lexical is no finite number'],
    ['a lost number', text.replace('"slope":1,', ''), 'w.json: confidence.slope is missing'],
    ['a text', text.replace('"dunder":-0.1', '"dunder":"-0.1"'), 'w.json: function.dunder is no finite number'],
    ['a lost kind', text.replace('"read":', '"reed":'), 'w.json: strategy.read.state[0] is missing'],
  ])('%s', (_, broken, fact) => {
    expect(() => parseWeights(broken, 'w.json')).toThrow(fact)
    expect(() => parseWeights(broken, 'w.json')).toThrow(expect.objectContaining({ code: 'bad-argument' }))
  })
})
