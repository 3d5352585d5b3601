import { expect, it } from 'vitest'
import { temporaryFolder, writeFiles } from '../../../../test/support/folder.ts'
import { readSnippets, snippetMarkdown, type WantedPlace } from './index.ts'
import { loadTokenCounter } from './tokens.ts'

const BODY = Array.from({ length: 20 }, (_, index) => `    step_${index}(cart, percent)`).join('\n')
const DOCSTRING = Array.from({ length: 20 }, () => '    Lowers every price by a percentage of what it was.').join('\n')
const CART = `import shop


def apply(
    cart,
    percent,
):
    """Applies a discount.

${DOCSTRING}
    """
${BODY}
    return cart


def total(cart):
    return sum(cart)
`
const LAST = CART.split('\n').indexOf('    return cart') + 1
const APPLY: WantedPlace = { path: 'cart.py', name: 'apply', startLine: 4, endLine: LAST }
const TOTAL: WantedPlace = { path: 'cart.py', name: 'total', startLine: LAST + 3, endLine: LAST + 4 }

function repository(): string {
  return writeFiles(temporaryFolder(), { 'cart.py': CART, 'notes.md': 'Run:\n\n```sh\nshop <|endoftext|>\n```\n' })
}

async function formsWithin(tokens: number, ...places: WantedPlace[]): Promise<string[]> {
  const count = await loadTokenCounter()
  const chosen = await readSnippets({ repository: repository() }, places, tokens)
  const text = chosen.snippets.map(snippetMarkdown).join('')
  expect(chosen.tokens).toBeLessThanOrEqual(tokens)
  expect(chosen.tokens).toBe(chosen.snippets.reduce((sum, one) => sum + count(snippetMarkdown(one)), 0))
  expect(count(text)).toBeLessThanOrEqual(tokens)
  return chosen.snippets.map(({ name, form }) => `${name} ${form}`)
}

it('shows whole definitions while they fit, then without the docstring, then heads', async () => {
  expect(await formsWithin(2_000, APPLY, TOTAL)).toEqual(['apply whole', 'total whole'])
  expect(await formsWithin(350, APPLY, TOTAL)).toEqual(['apply code', 'total whole'])
  expect(await formsWithin(150, APPLY, TOTAL)).toEqual(['apply head', 'total whole'])
  expect(await formsWithin(30, TOTAL, APPLY)).toEqual(['total whole'])
  expect(await formsWithin(3, TOTAL)).toEqual([])
})

it('shows code in place of a docstring, with the numbers of what is left out', async () => {
  const { snippets } = await readSnippets({ repository: repository() }, [APPLY], 150)
  const [head] = snippets
  expect(head?.parts.map(({ startLine }) => startLine)).toEqual([4, 31])
  expect(head?.parts[0]?.text).toBe('def apply(\n    cart,\n    percent,\n):')
  const text = snippets.map(snippetMarkdown).join('')
  expect(text).toMatch(/^### cart\.py:4-51 apply\n\n```python\ndef apply\(/)
  expect(text).toContain('… lines 8-30 left out\n    step_0(cart, percent)')
  expect(text).not.toContain('Lowers every price')
  expect(text).toMatch(/… lines \d+-51 left out\n```\n\n$/)
})

it('lets no text end its fence or count as a special token, and says what did not fit or is gone', async () => {
  const places = [
    { path: 'notes.md', startLine: 1, endLine: 5 },
    { path: 'gone.py', startLine: 1, endLine: 2 },
  ]
  const { snippets, omitted } = await readSnippets({ repository: repository() }, places, 500)
  expect(snippets.map(snippetMarkdown).join('')).toMatch(/^### notes\.md:1-5\n\n````\nRun:[^]*\n````\n\n$/)
  expect(omitted).toEqual([places[1]])
})

it('does not show a place again that stands in one before it', async () => {
  const inside = { path: 'cart.py', startLine: 40, endLine: 41 }
  expect(await formsWithin(2_000, APPLY, inside)).toEqual(['apply whole'])
})

it('counts tokens as the published vocabulary does', async () => {
  const count = await loadTokenCounter()
  expect(['hello world', 'def total(self):', '<|endoftext|>'].map(count)).toEqual([2, 4, 7])
})
