import { describe, expect, it } from 'vitest'
import { ALL_TOOLS } from '../../search/index.ts'
import { loadPrompts } from './prompts.ts'

/** UTF-8 bytes per token of these texts in Qwen's vocabulary: 4174 bytes were 941 tokens. */
const BYTES_PER_TOKEN = 4.4

it.each(['adaptive', 1, 8] as const)('takes at most 1,000 tokens before the issue: breadth %s', async (breadth) => {
  const prompts = await loadPrompts({ breadth, toolForm: 'native', noTools: false }, ALL_TOOLS)
  const bytes = Buffer.byteLength(prompts.system) + Buffer.byteLength(JSON.stringify(prompts.tools))
  expect(bytes / BYTES_PER_TOKEN).toBeLessThanOrEqual(1_000)
})

/** If a snapshot changes, models get other texts: increase PROMPT_VERSION. */
describe('the words that a model is given', () => {
  it.each([
    ['adaptive', { breadth: 'adaptive', toolForm: 'native', noTools: false }],
    ['one call a turn', { breadth: 1, toolForm: 'native', noTools: false }],
    ['four calls a turn, in text', { breadth: 4, toolForm: 'text', noTools: false }],
    ['no tools', { breadth: 'adaptive', toolForm: 'native', noTools: true }],
  ] as const)('%s', async (_, settings) => {
    const prompts = await loadPrompts(settings)
    expect(prompts.system).toMatchSnapshot('system')
    expect(prompts.tools).toMatchSnapshot('tools')
    const notice = prompts.turn({ turn: 1, turns: 6, calls: '8 calls', left: 5, budget: ' Tokens left: 900.' })
    expect(prompts.issue({ issue: 'It breaks: $& {{notice}}', notice })).toMatchSnapshot('issue')
    expect(prompts.lastTurn({ turn: 6, turns: 6 })).toMatchSnapshot('last turn')
  })
})
