import { FuseSearchError } from 'fusesearch/core'
import type { Sample } from '../samples/sample.ts'

/** Held-out texts at least, below which nobody could tell a gain from chance. */
export const MIN_TEST_TEXTS = 30
/** Samples that the best weights are chosen on. */
const VALIDATION_SAMPLES = 60

/** The samples of one repository, by use. */
export interface AdaptationSplit {
  readonly training: readonly Sample[]
  readonly validation: readonly Sample[]
  readonly test: readonly Sample[]
}

/**
 * Splits one repository's samples by time: the newest texts that people wrote of a problem (linked issues, merged pull
 * requests) are the test, the samples before them choose the weights, the oldest are learned from.
 * Throws `bad-argument` when there are fewer than {@link MIN_TEST_TEXTS} such texts, or nothing is left to learn from.
 */
export function splitByTime(samples: readonly Sample[]): AdaptationSplit {
  const newestFirst = [...samples].sort(byTime)
  const texts = newestFirst.filter(({ kind }) => kind === 'linked-issue' || kind === 'merged-pull-request')
  if (texts.length < MIN_TEST_TEXTS) {
    throw tooLittle(`${texts.length} texts of linked issues or pull requests; ${MIN_TEST_TEXTS} are needed to test on`)
  }
  const test = texts.slice(0, Math.max(MIN_TEST_TEXTS, Math.floor(texts.length / 4)))
  const oldestTest = test.at(-1)
  const tested = new Set(test)
  // What is newer than the oldest test would tell of the time after it.
  const older = newestFirst.filter((one) => !tested.has(one) && oldestTest !== undefined && byTime(one, oldestTest) > 0)
  const validation = older.slice(0, Math.min(VALIDATION_SAMPLES, Math.floor(older.length / 3)))
  const training = older.slice(validation.length)
  if (validation.length === 0) throw tooLittle(`${older.length} samples before its newest texts`)
  return { training, validation, test }
}

function byTime(a: Sample, b: Sample): number {
  const [left, right] = [a.createdAt ?? '', b.createdAt ?? '']
  if (left !== right) return left < right ? 1 : -1
  return a.id < b.id ? -1 : 1
}

function tooLittle(fact: string): FuseSearchError {
  const message = `The history is too little to adapt to: it has ${fact}. Use the shipped weights.`
  return new FuseSearchError(message, { code: 'bad-argument' })
}
