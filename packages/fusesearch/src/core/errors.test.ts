import { expect, test } from 'vitest'
import { FuseSearchError } from './errors.ts'

class Special extends FuseSearchError {}

test('an error of another copy of the program is one, but is none of a subclass here', () => {
  const special = new Special('special', { code: 'bad-argument' })
  const plain = new FuseSearchError('plain', { code: 'bad-argument' })
  const foreign = Object.assign(new Error('foreign'), { [Symbol.for('fusesearch.error')]: true })
  expect([special, plain, foreign, new Error('other'), null].map((one) => one instanceof FuseSearchError)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ])
  expect([special, plain, foreign].map((one) => one instanceof Special)).toEqual([true, false, false])
})
