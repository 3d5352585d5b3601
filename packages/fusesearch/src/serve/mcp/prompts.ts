import type { McpServer } from '@modelcontextprotocol/server'
import { z } from 'zod'
import { MAX_ISSUE_TEXT } from './schemas.ts'

/** Adds the prompts that people choose from their client's menu. */
export function addPrompts(server: McpServer): void {
  server.registerPrompt(
    'locate-issue',
    {
      title: 'Locate this issue',
      description: 'Finds where the code must change for an issue, and says how sure that is.',
      argsSchema: z.object({ issue: text('The whole text of the issue.') }),
    },
    ({ issue }) =>
      message(
        'Call the tool locate with the whole text of the issue below, word for word, and read the ranges that it names. Then list the places that must change, the most likely first, as path:startLine-endLine, each with what there speaks for it, and say how sure you are. Change nothing yet.',
        issue,
      ),
  )
  server.registerPrompt(
    'explain-where',
    {
      title: 'Explain where this happens',
      description: 'Finds the code that does something, and explains it by its lines.',
      argsSchema: z.object({ behaviour: text('What the code does, such as: a session is renewed.') }),
    },
    ({ behaviour }) =>
      message(
        'Find where the code does what is described below. Call the tool search with several greps and globs in one call: the names and messages that such code would have. Read what they show, follow the calls, and explain step by step where it happens, each step with path:startLine-endLine. Say what you did not find. Change nothing.',
        behaviour,
      ),
  )
}

function text(description: string): z.ZodString {
  return z.string().min(1).max(MAX_ISSUE_TEXT).describe(description)
}

/** Keeps the given text separate from the task, since a stranger may have written it. */
function message(task: string, given: string) {
  const content = [
    { type: 'text' as const, text: task },
    { type: 'text' as const, text: given },
  ]
  return { messages: content.map((one) => ({ role: 'user' as const, content: one })) }
}
