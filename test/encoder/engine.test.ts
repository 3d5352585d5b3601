import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EncoderFiles, openEncoder, similarity } from '../../packages/fusesearch/src/encoder/index.ts'
import { ensureBuilt, runFusesearch } from '../support/command.ts'
import { writeFiles } from '../support/folder.ts'
import { writeTinyModel } from './tiny-model.ts'

/** A folder with the two packages in it: `npm run test:encoder` makes it; without it there is no engine. */
const PACKAGES = process.env.FUSESEARCH_ENCODER_PACKAGES
const signal = new AbortController().signal

describe.skipIf(PACKAGES === undefined)('a real engine', { timeout: 120_000 }, () => {
  let folder: string
  let model: string
  let files: EncoderFiles
  const engine = { engineFolder: PACKAGES ?? '' }

  beforeAll(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'fusesearch-encoder-')))
    model = writeTinyModel(folder)
    files = { name: 'tiny', model, tokenizer: join(folder, 'tiny-tokenizer.json'), pooling: 'mean', maxTokens: 6 }
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  const near = async (given: Partial<EncoderFiles>, a: string, b: string): Promise<number> => {
    const encoder = await openEncoder({ files: { ...files, ...given }, ...engine })
    const [one, other] = await encoder.vectors([a, b], signal)
    await encoder.close()
    if (one === undefined || other === undefined) throw new Error('a vector is missing')
    return similarity(one, other)
  }

  it('makes the vectors that the model makes: the mean of the tokens, as far as they are read', async () => {
    expect(await near({}, 'basket', 'Basket BASKET')).toBeCloseTo(1, 2)
    expect(await near({}, 'basket', 'violin')).toBeCloseTo(0, 2)
    // One of two directions, and two of three: 1 / √2 and 2 / √5.
    expect(await near({}, 'basket', 'basket violin')).toBeCloseTo(Math.SQRT1_2, 2)
    expect(await near({}, 'basket', 'basket basket violin')).toBeCloseTo(2 / Math.sqrt(5), 2)
    // Of six tokens the first and the last are marks.
    expect(await near({}, 'basket', 'basket basket basket basket violin violin violin')).toBeCloseTo(1, 2)
    expect(await near({ maxTokens: 9 }, 'basket', 'basket basket basket basket violin violin violin')).toBeCloseTo(
      0.8,
      2,
    )
    // The first token is a mark, whose vector is 0.
    expect(await near({ pooling: 'first' }, 'basket', 'basket')).toBe(0)
    expect(await near({}, '', 'unknown words')).toBe(0)
  })

  it('keeps vectors, and gives the same for them later, in any order and at once', async () => {
    const texts = ['basket rain', 'violin', 'rain rain mail', 'total']
    const cacheDir = join(folder, 'cache-a')
    const first = await openEncoder({ files, cacheDir, ...engine })
    const vectors = await first.vectors(texts, signal)
    const again = await Promise.all(texts.toReversed().map((text) => first.vectors([text], signal)))
    expect(again.flat().toReversed()).toEqual(vectors)
    await first.close()
    // With kept vectors, the model isn't loaded at all: this one has no packages.
    const second = await openEncoder({ files, cacheDir, engineFolder: join(folder, 'nowhere') })
    expect(await second.vectors(texts, signal)).toEqual(vectors)
    await expect(second.vectors(['mail mail total'], signal)).rejects.toThrow('npm install --prefix')
    await second.close()
    // Another use of the model has other vectors.
    const third = await openEncoder({ files: { ...files, maxTokens: 3 }, cacheDir, ...engine })
    expect(third.digest).not.toBe(first.digest)
    expect(readdirSync(join(cacheDir, 'encoder/vectors'))).toHaveLength(1)
    await third.close()
  })

  it('stops when told to, and goes on later from what it had read', async () => {
    const stop = new AbortController()
    const encoder = await openEncoder({ files, ...engine })
    const stopped = encoder.vectors(['basket', 'violin', 'rain'], stop.signal)
    stop.abort(new Error('enough'))
    await expect(stopped).rejects.toThrow('enough')
    expect(await encoder.vectors(['basket'], signal)).toHaveLength(1)
    await encoder.close()
  })

  it('says what is wrong with a file that is no model', async () => {
    const broken = join(folder, 'broken.onnx')
    writeFileSync(broken, 'nothing of a model')
    await expect(near({ model: broken }, 'a', 'b')).rejects.toMatchObject({ code: 'model-missing' })
    writeFileSync(join(folder, 'broken.json'), '{"model":')
    await expect(near({ tokenizer: join(folder, 'broken.json') }, 'a', 'b')).rejects.toThrow("can't be loaded")
  })

  it('orders a search of the whole command anew, and says so', async () => {
    ensureBuilt()
    const cache = join(folder, 'cache-b')
    mkdirSync(cache)
    symlinkSync(PACKAGES ?? '', join(cache, 'engine'), 'junction')
    const repository = writeFiles(join(folder, 'shop'), {
      // The same to the words of the issue; the model doesn't know what else stands in the second one.
      'a.py': 'def one(basket):\n    return basket(violin, mail, total)\n',
      'b.py': 'def two(basket):\n    return basket(other, some, thing)\n',
    })
    const issue = 'The basket is wrong'
    const find = async (...more: readonly string[]) => {
      const args = ['locate', issue, '--repo', repository, '--json']
        .concat(['--tools', 'grep,glob,read_file', '--weights', join(folder, 'weights.json')])
        .concat(more)
      const { code, stderr, stdout } = await runFusesearch(args, { env: { FUSESEARCH_CACHE: cache } })
      expect(code, stderr).toBe(0)
      return JSON.parse(stdout) as { candidates: { files: { path: string; score: number }[] }; notices: string[] }
    }
    const { HAND_WEIGHTS, weightsText } = await import('../../packages/fusesearch/src/policies/index.ts')
    const encoder = { doubt: 1, file: { best: 3, outline: 3 }, function: { own: 3, file: 3 } }
    writeFileSync(join(folder, 'weights.json'), weightsText({ ...HAND_WEIGHTS, encoder }))
    const [plain, read] = [await find(), await find('--encoder', model)]
    const scoreOf = ({ candidates }: typeof plain): number =>
      candidates.files.find(({ path }) => path === 'b.py')?.score ?? 0
    expect(scoreOf(read)).toBeGreaterThan(scoreOf(plain))
    expect(plain.notices).toEqual([])
    expect(read.notices).toEqual([expect.stringMatching(/tiny read \d passages/)])
    // With kept vectors the answer is the same, and a replay needs the same encoder.
    const recorded = ['--encoder', model, '--trajectory', join(folder, 'run.jsonl'), '--full']
    expect(await find(...recorded)).toMatchObject({ candidates: read.candidates })
    const replay = (...more: readonly string[]) => {
      const args = ['replay', join(folder, 'run.jsonl'), '--weights', join(folder, 'weights.json'), ...more]
      return runFusesearch(args, { env: { FUSESEARCH_CACHE: cache } })
    }
    expect(await replay('--encoder', model)).toMatchObject({ code: 0 })
    expect((await replay()).stderr).toContain('recorded with the encoder tiny')
  })
})
