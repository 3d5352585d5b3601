import { array, assert, constantFrom, integer, property, record } from 'fast-check'
import { expect, it } from 'vitest'
import { Lru } from './lru.ts'

it('evicts the least recently used entry, and reports it', () => {
  const evicted: string[] = []
  const cache = new Lru<string, number>({ maxEntries: 2, onEvict: (value, key) => evicted.push(`${key}=${value}`) })
  cache.set('a', 1)
  cache.set('b', 2)
  expect([cache.get('a'), cache.peek('b')]).toEqual([1, 2])
  cache.set('c', 3)
  expect([...cache.values()]).toEqual([1, 3])
  cache.set('a', 4)
  cache.delete('c')
  expect([evicted, cache.size, cache.get('b'), cache.get('a')]).toEqual([['b=2'], 1, undefined, 4])
  cache.clear()
  expect([cache.size, cache.weight]).toEqual([0, 0])
})

it('evicts entries after a limit has fallen', () => {
  let maxWeight = 3
  const cache = new Lru<string, number>({
    get maxWeight() {
      return maxWeight
    },
    weigh: (value) => value,
  })
  cache.set('a', 1)
  cache.set('b', 2)
  maxWeight = 2
  expect([...cache.values()]).toEqual([1, 2])
  cache.evict()
  expect([...cache.values()]).toEqual([2])
})

it('keeps the last used within both limits, like a list that is cut at its oldest end', () => {
  const uses = array(record({ key: constantFrom('a', 'b', 'c', 'd', 'e'), weight: integer({ min: 0, max: 6 }) }))
  assert(
    property(uses, integer({ min: 1, max: 4 }), integer({ min: 0, max: 12 }), (all, maxEntries, maxWeight) => {
      const cache = new Lru<string, number>({ maxEntries, maxWeight, weigh: (weight) => weight })
      let model: { readonly key: string; readonly weight: number }[] = []
      const weightOf = (): number => model.reduce((sum, { weight }) => sum + weight, 0)
      for (const use of all) {
        cache.set(use.key, use.weight)
        model = [...model.filter(({ key }) => key !== use.key), use]
        while (model.length > maxEntries || weightOf() > maxWeight) model.shift()
        expect([...cache.values()]).toEqual(model.map(({ weight }) => weight))
        expect(cache.weight).toBe(weightOf())
      }
    }),
  )
})
