import { array, assert, constantFrom, nat, property } from 'fast-check'
import { expect, it } from 'vitest'
import { createEventParser, type ServerEvent } from './sse.ts'

function parse(pieces: readonly string[]): readonly ServerEvent[] {
  const parser = createEventParser()
  return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()]
}

it('reads names, data of several lines, and skips comments and other fields', () => {
  const text = ': hi\nevent: a\ndata: 1\ndata:2\nid: 3\n\ndata: x\n\nevent: lost\n\n'
  expect(parse([text])).toEqual([
    { event: 'a', data: ['1', '2'] },
    { event: '', data: ['x'] },
  ])
})

it('gives the event that the end of the stream cut off', () => {
  expect(parse(['data: 1'])).toEqual([{ event: '', data: ['1'] }])
})

it('refuses an event without an end', () => {
  const parser = createEventParser()
  expect(() => {
    for (;;) parser.push('data: '.padEnd(2 ** 20, 'x'))
  }).toThrow(RangeError)
})

it('gives the same events wherever the stream is cut and however its lines end', () => {
  const lines = [
    'event: one',
    'data: {"a": 1}',
    '',
    ': comment',
    'data: x',
    'data:  y',
    '',
    'data',
    '',
    'data: end',
    '',
  ]
  const expected = parse([`${lines.join('\n')}\n`])
  expect(expected).toHaveLength(4)
  assert(
    property(constantFrom('\n', '\r\n', '\r'), array(nat(200)), (lineEnd, cuts) => {
      const text = lines.map((line) => line + lineEnd).join('')
      const places = [0, ...cuts.map((cut) => cut % text.length).sort((a, b) => a - b), text.length]
      const pieces = places.slice(1).map((end, index) => text.slice(places[index], end))
      expect(parse(pieces)).toEqual(expected)
    }),
  )
})
