import { describe, expect, it } from 'vitest'
import { loadPrompts } from './prompts.ts'

/** A change here is a change of what models are told: raise PROMPT_VERSION with it. */
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
