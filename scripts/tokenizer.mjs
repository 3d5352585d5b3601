// The tokenizer that we ship: one vocabulary of gpt-tokenizer, whose package has five in three forms.
import { copyFileSync, mkdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { rolldown } from 'rolldown'

/**
 * Writes `o200k_base.js`, a module with `countTokens`, and its licence; `ask/tokens.ts` loads it at the first count.
 */
export async function writeTokenizer(target) {
  const require = createRequire(import.meta.url)
  const input = require.resolve('gpt-tokenizer/encoding/o200k_base').replace('/cjs/', '/esm/')
  const bundle = await rolldown({
    input: 'tokenizer',
    platform: 'node',
    plugins: [
      {
        name: 'count-only',
        resolveId: (id) => (id === 'tokenizer' ? id : null),
        load: (id) => (id === 'tokenizer' ? `export { countTokens } from ${JSON.stringify(input)}` : null),
      },
    ],
  })
  mkdirSync(target, { recursive: true })
  await bundle.write({ file: join(target, 'o200k_base.js'), minify: true })
  await bundle.close()
  copyFileSync(join(dirname(require.resolve('gpt-tokenizer/package.json')), 'LICENSE'), join(target, 'LICENSE'))
}
