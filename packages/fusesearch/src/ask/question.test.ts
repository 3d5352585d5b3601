import { expect, it } from 'vitest'
import { SHOP, temporaryFolder, tinyRepository, writeFiles } from '../../../../test/support/folder.ts'
import { scriptedEncoder } from '../../../../test/support/scripted-encoder.ts'
import { ask } from './index.ts'

const FILES = {
  ...SHOP,
  'shop/session.py':
    '"""Sessions of customers."""\n\n\nclass CustomerSession:\n    """What a customer keeps between visits."""\n\n    def renew(self, clock):\n        """Gives the session a new key and expiry."""\n        self.key = make_key()\n        self.expiry = clock.now() + LIFETIME\n\n    def is_expired(self, clock):\n        return clock.now() > self.expiry\n',
  'shop/keys.py': 'def make_key():\n    return "k"\n',
  'docs/install.md':
    '# Install\n\nRun the installer, then restart the kiosk printer.\n\n# Sessions\n\nWhen a visit grows old its secret is replaced by `make_key`.\n',
}

it('answers a question with places, best first, each with its code and a reason', async () => {
  const { places, stats, notices } = await ask({
    repository: tinyRepository(FILES),
    question: 'How is a session renewed?',
  })
  expect(places[0]).toMatchObject({
    path: 'shop/session.py',
    kind: 'function',
    name: 'CustomerSession.renew',
    role: 'source',
    startLine: 7,
    endLine: 10,
    score: 1,
    snippet: {
      form: 'whole',
      parts: [{ startLine: 7, endLine: 10, text: expect.stringContaining('self.key = make_key()') }],
    },
  })
  expect(places[0]?.reason).toContain('mentions session, renewed')
  expect(places.length).toBeLessThanOrEqual(5)
  expect(stats.tokens).toBeLessThanOrEqual(2_000)
  expect(notices).toEqual([])
})

it('finds code that only a document speaks of, by the name in it', async () => {
  const question = 'What replaces the secret when a visit grows old?'
  const { places } = await ask({ repository: writeFiles(temporaryFolder(), FILES), question })
  expect(places.map(({ path }) => path)).toContain('shop/keys.py')
  expect(places.find(({ name }) => name === 'make_key')?.reason).toContain('named in docs/install.md:5')
})

it('takes a section of a document where no code answers', async () => {
  const { places } = await ask({
    repository: writeFiles(temporaryFolder(), FILES),
    question: 'restart the kiosk printer',
  })
  expect(places[0]).toMatchObject({ path: 'docs/install.md', kind: 'block', role: 'document', startLine: 1 })
})

it('puts a name that the question says first, and keeps to the globs, the limit and the tokens', async () => {
  const repository = writeFiles(temporaryFolder(), FILES)
  const named = await ask({ repository, question: 'who calls apply_discount on a session?', limit: 1, tokens: 0 })
  expect(named.places).toMatchObject([{ name: 'Cart.apply_discount' }])
  expect(named.places[0]).not.toHaveProperty('snippet')
  const narrowed = await ask({ repository, question: 'How is a session renewed?', globs: ['!shop/session.py'] })
  expect(narrowed.places.map(({ path }) => path)).not.toContain('shop/session.py')
  const inside = await ask({ repository, path: 'shop', question: 'How is a session renewed?' })
  expect(inside.places[0]?.path).toBe('shop/session.py')
})

it('refuses what is no question, and gives nothing where nothing fits', async () => {
  const repository = writeFiles(temporaryFolder(), FILES)
  await expect(ask({ repository, question: ' ' })).rejects.toMatchObject({ code: 'bad-issue' })
  expect((await ask({ repository, question: 'zebra quaggas' })).places).toEqual([])
})

it('with an encoder, the places that read like the question come first, and nothing else changes', async () => {
  const repository = writeFiles(temporaryFolder(), FILES)
  const question = 'How is a session renewed?'
  const encoder = scriptedEncoder('is expired')
  const [plain, read] = [await ask({ repository, question }), await ask({ repository, question, encoder })]
  expect(plain.places[0]?.name).toBe('CustomerSession.renew')
  expect(encoder.asked[0]?.slice(0, 2)).toEqual([
    'How is a session renewed',
    'Customer Session renew def renew self clock Gives the session a new key and expiry self key make key self expiry clock now LIFETIME',
  ])
  const rankOf = ({ places }: typeof plain): number => places.findIndex(({ name }) => name.endsWith('is_expired'))
  expect(rankOf(plain)).toBeGreaterThan(0)
  expect(rankOf(read)).toBeLessThan(rankOf(plain))
  // One that finds all alike changes nothing.
  expect((await ask({ repository, question, encoder: scriptedEncoder('') })).places).toEqual(plain.places)
})
