import { beforeAll, describe, expect, it } from 'vitest'
import { ensureBuilt, runFusesearch, startFusesearch } from './support/command.ts'
import { git, SHOP_ISSUE, tinyRepository } from './support/folder.ts'

beforeAll(ensureBuilt)

describe('fusesearch symbol and usages', () => {
  it('prints a definition or a usage per line, and never writes', async () => {
    const repository = tinyRepository()
    const symbol = await startFusesearch(['symbol', 'Cart.total', '--repo', repository])
    expect(symbol).toMatchObject({ code: 0, stdout: 'shop/cart.py:16-17 function Cart.total\n', stderr: '' })
    const usages = await runFusesearch(['usages', 'Cart', '--path', 'tests'], { cwd: repository })
    expect(usages.stdout.split('\n')).toEqual([
      'tests/test_cart.py:1:23 import from shop.cart import Cart',
      'tests/test_cart.py:5:12 use (test_total_of_empty_cart) assert Cart().total() == 0',
      '',
    ])
    expect(git(repository, 'status', '--porcelain')).toBe('')
  })

  it('searches a commit, prints JSON, and ends with 1 if nothing is found', async () => {
    const repository = tinyRepository()
    const found = await runFusesearch(['symbol', 'find_product', '--repo', repository, '--rev', 'HEAD', '--json'])
    expect(JSON.parse(found.stdout)).toMatchObject({
      version: 1,
      symbols: [{ path: 'shop/catalog.py', kind: 'function', startLine: 4, nameLine: 4, endLine: 8 }],
    })
    const missed = await runFusesearch(['usages', 'find_prodct', '--repo', repository])
    expect(missed.code).toBe(1)
    expect(missed.stderr).toContain('find_product')
    const refused = await runFusesearch(['symbol', ' ', '--repo', repository])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('The name is empty')
  })
})

describe('fusesearch search', () => {
  it('runs several patterns in one turn and heads each', async () => {
    const repository = tinyRepository()
    const { code, stdout } = await runFusesearch(['search', 'def \\w+total', 'KeyError', '--repo', repository])
    expect({ code, lines: stdout.split('\n') }).toEqual({
      code: 0,
      lines: [
        '# def \\w+total',
        'tests/test_cart.py:4:def test_total_of_empty_cart():',
        '',
        '# KeyError',
        'shop/catalog.py:8:    raise KeyError(name)',
        '',
      ],
    })
  })

  it('shows paths, counts, context and files, with paths of the repository', async () => {
    const repository = tinyRepository()
    const run = async (...args: string[]): Promise<string> =>
      (await runFusesearch(['search', ...args, '--repo', repository])).stdout
    expect(await run('product', '--mode', 'counts')).toBe('shop/catalog.py:6\n')
    expect(await run('Product', '-i', '--mode', 'paths', '--path', 'shop')).toBe('shop/catalog.py\n')
    expect(await run('KeyError(', '-F', '-C', '1')).toBe(
      'shop/catalog.py-7-            return product\nshop/catalog.py:8:    raise KeyError(name)\n',
    )
    expect(await run('--files', '-g', '**/*.py', '-g', '!tests/**')).toBe(
      'shop/__init__.py\nshop/cart.py\nshop/catalog.py\n',
    )
  })

  it("searches a pattern that isn't an expression as text, and says so", async () => {
    const { code, stdout, stderr } = await runFusesearch(['search', 'KeyError(', '--repo', tinyRepository()])
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'shop/catalog.py:8:    raise KeyError(name)\n' })
    expect(stderr).toContain('searched as plain text')
  })

  it('ends with 1 without a match, and with 2 for a bad pattern or none, with the reason', async () => {
    const repository = tinyRepository()
    expect(await runFusesearch(['search', 'apply_discont', '--repo', repository])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('apply_discount'),
    })
    const bad = await runFusesearch(['search', 'total', '-g', '[', '--repo', repository])
    expect(bad.code).toBe(2)
    expect(bad.stderr).toMatch(/^fusesearch: .*\[/)
    expect(await runFusesearch(['search', '--repo', repository])).toMatchObject({ code: 2, stdout: '' })
  })
})

describe('fusesearch ask', () => {
  it('prints a reading list and then its code, from words or a pipe', async () => {
    const repository = tinyRepository()
    const { code, stdout, stderr } = await runFusesearch(
      ['ask', 'where', 'is', 'the', 'discount', 'applied?', '--limit', '1'],
      { cwd: repository },
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const [first, , , ...rest] = stdout.split('\n')
    expect(first).toBe('shop/cart.py:10-14 function Cart.apply_discount')
    expect(rest.join('\n')).toMatch(
      /^### shop\/cart\.py:10-14 Cart\.apply_discount\n\n```python\n {4}def apply_discount/,
    )
    const piped = await startFusesearch(['ask', '--list', '-n', '1'], {
      cwd: repository,
      input: 'where is the discount applied?',
    })
    expect(piped.stdout).toBe(`${first}\n`)
    const empty = await startFusesearch(['ask'], { cwd: repository, input: ' \n' })
    expect(empty).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^fusesearch: The question is empty/),
    })
    const nothing = await runFusesearch(['ask', 'zebra quaggas'], { cwd: repository })
    expect(nothing).toMatchObject({ code: 1, stdout: '' })
  })
})

describe('fusesearch locate --snippets', () => {
  it('prints the code within the token budget, as Markdown or in the object', async () => {
    const repository = tinyRepository()
    const shown = await runFusesearch(['locate', SHOP_ISSUE, '--repo', repository, '--tokens', '120', '--quiet'])
    expect(shown.code).toBe(0)
    expect(shown.stdout).toMatch(/^### shop\/cart\.py:10-14 Cart\.apply_discount\n\n```python\n {4}def apply_discount/)
    const few = await runFusesearch(['locate', SHOP_ISSUE, '--repo', repository, '--tokens', '1'])
    expect(few.stdout).toBe('')
    expect(few.stderr).toMatch(
      /^fusesearch: Left out beyond 1 tokens: (?:[^ ,]+:\d+-\d+(?:, )?){1,3}(?: and \d+ more)?\. Raise/m,
    )
    const json = await runFusesearch(['locate', SHOP_ISSUE, '--repo', repository, '--snippets', '--json'])
    const { files, snippets } = JSON.parse(json.stdout) as {
      files: unknown[]
      snippets: { snippets: object[]; tokens: number }
    }
    expect(files).not.toEqual([])
    expect(snippets.snippets[0]).toMatchObject({
      path: 'shop/cart.py',
      form: 'whole',
      parts: [{ startLine: 10, endLine: 14 }],
    })
    expect(snippets.tokens).toBeLessThanOrEqual(2_000)
  })
})
