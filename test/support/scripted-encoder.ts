import type { Encoder, Vector } from '../../packages/fusesearch/src/encoder/index.ts'

/** An encoder that says how near texts are to the first one: 1 for those with the word, else 0. It keeps what it was asked. */
export function scriptedEncoder(word: string): Encoder & { readonly asked: string[][] } {
  const asked: string[][] = []
  const [near, far]: readonly [Vector, Vector] = [Int8Array.of(127, 0), Int8Array.of(0, 127)]
  return {
    name: 'scripted',
    digest: '0123456789abcdef',
    asked,
    vectors(texts, signal) {
      signal.throwIfAborted()
      asked.push([...texts])
      return Promise.resolve(texts.map((text, index) => (index === 0 || text.includes(word) ? near : far)))
    },
    close: () => Promise.resolve(),
  }
}
