import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createChatModel } from '../packages/fusesearch/src/models/index.ts'
import { createEmbeddedPolicy, createLlmPolicy } from '../packages/fusesearch/src/policies/index.ts'
import { ROOT } from './support/command.ts'
import { SHOP, SHOP_ISSUE, temporaryFolder, writeFiles } from './support/folder.ts'
import { playPolicy } from './support/llm.ts'

/** The address that the teacher serves a rollout at, which this process makes of one run of the embedded policy. */
async function startTeacher(trajectoryText: string): Promise<string> {
  const rollout = writeFiles(temporaryFolder(), {
    'samples.jsonl': `${JSON.stringify({ status: 'done', trajectory: 'a.jsonl' })}\n`,
    'a.jsonl': trajectoryText,
  })
  const child = spawn(process.execPath, [join(ROOT, 'scripts/trl/plain-teacher.mjs'), rollout], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill())
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return /listening at (\S+)/.exec(String(said))?.[1] ?? ''
}

it('searches for the names of the embedded policy in plain words, reads what was shown, and answers as it did', async () => {
  const root = writeFiles(temporaryFolder(), SHOP)
  const embedded = await playPolicy(createEmbeddedPolicy(), { root, issue: SHOP_ISSUE })
  const model = createChatModel({
    wire: 'openai',
    model: 'teacher',
    baseUrl: await startTeacher(embedded.trajectoryText),
  })
  const policy = createLlmPolicy({ model })
  const run = await playPolicy(policy, { root, issue: SHOP_ISSUE, budget: { maxTurns: 4 } })
  await model.close()
  const calls = run.turns.flatMap((turn) => turn.calls)
  expect(run.turns[0]?.calls.length).toBeGreaterThan(1)
  for (const { tool, arguments: given } of calls) {
    if (tool === 'grep') expect(Object.keys(given)).toEqual(['pattern'])
  }
  expect(calls.some(({ tool }) => tool === 'read_file')).toBe(true)
  expect(run.answer.files.map(({ path }) => path)).toEqual(embedded.answer.files.map(({ path }) => path))
  expect(run.stoppedBy).toBe('answer')
})
