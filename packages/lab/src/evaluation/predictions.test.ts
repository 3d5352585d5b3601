import { expect, test } from 'vitest'
import { parsePredictions, type ScoredInstance, scorePredictions } from './predictions.ts'

function instance(id: string, path: string, { names = [] as string[], kept = true } = {}): ScoredInstance {
  const functions = names.map((name) => ({ path, name }))
  return { id, gold: { files: [path], functions, addsFile: false, addsFunction: false, kept } }
}

test('reads both formats', () => {
  const simple = JSON.stringify({
    instance_id: '1',
    files: ['./a.py', 'a.py', 'b.py'],
    functions: ['a.py:C.f', { path: 'b.py', name: 'g' }],
  })
  const flat = JSON.stringify({ instance_id: '2', found_files: ['a.py'], found_entities: ['a.py:C.f', 'a.py'] })
  const nested = JSON.stringify({
    instance_id: '3',
    found_files: [['a.py'], ['b.py']],
    found_entities: [[], ['b.py:g']],
  })
  const predictions = parsePredictions(`${simple}\n${flat}\n\n${nested}\n`, 'p.jsonl')
  expect(predictions.get('1')).toMatchObject({
    files: ['a.py', 'b.py'],
    functions: [
      { path: 'a.py', name: 'C.f' },
      { path: 'b.py', name: 'g' },
    ],
  })
  expect(predictions.get('2')).toMatchObject({ files: ['a.py'], functions: [{ path: 'a.py', name: 'C.f' }] })
  expect(predictions.get('3')).toMatchObject({ files: ['a.py'], functions: [] })
})

test('names a bad line', () => {
  expect(() => parsePredictions('{"instance_id":"1","files":[]}\n{"files":[]}', 'p.jsonl')).toThrow(
    /p\.jsonl, line 2, has neither/,
  )
  expect(() => parsePredictions('{', 'p.jsonl')).toThrow(/line 1, isn't JSON/)
  expect(() => parsePredictions('', 'p.jsonl')).toThrow(/no prediction/)
  const line = '{"instance_id":"1","files":[]}\n'
  expect(() => parsePredictions(line + line, 'p.jsonl')).toThrow(/line 2, predicts 1 a second time/)
})

test('whole and cut; a missing instance counts as zero', () => {
  const instances = [
    instance('1', 'a.py', { names: ['f'] }),
    instance('2', 'b.py', { kept: false }),
    instance('3', 'c.py', { names: ['g'] }),
  ]
  const predictions = parsePredictions(
    [
      JSON.stringify({ instance_id: '1', files: ['a.py', 'x.py', 'y.py'], functions: ['a.py:f'] }),
      JSON.stringify({ instance_id: '2', files: ['x.py', 'b.py'] }),
    ].join('\n'),
    'p',
  )
  const { missing, scores } = scorePredictions(instances, predictions)
  const f1 = (size: number | null, subset: string) => {
    const found = scores.find((score) => score.size === size && score.subset === subset)
    return { file: found?.file.f1.value, n: found?.function.f1.n, function: found?.function.f1.value }
  }
  expect(missing).toEqual(['3'])
  // Files: 1 gold in 3 gives 0.5, 1 in 2 gives 2/3, nothing 0.
  expect(f1(null, 'all')).toEqual({ file: 38.9, n: 2, function: 50 })
  expect(f1(null, 'kept')).toEqual({ file: 25, n: 2, function: 50 })
  expect(f1(1, 'all').file).toBe(33.3)
  expect(f1(2, 'all').file).toBe(44.4)
  expect(scores).toHaveLength(8)
})

test('names unknown ids', () => {
  const predictions = parsePredictions('{"instance_id":"x__y-1","files":[]}', 'p')
  expect(() => scorePredictions([instance('1', 'a')], predictions)).toThrow(/1 instances.*x__y-1/)
})
