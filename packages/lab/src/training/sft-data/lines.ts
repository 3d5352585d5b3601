import type { TaughtConversation } from 'fusesearch/policies'

/**
 * Formats of a line: the canonical one (TRL, ms-swift, verl), the one that LLaMA-Factory reads without loss, or the texts
 * that a GGUF model reads and writes in the product's own process.
 */
export const SFT_FORMATS = ['messages', 'llamafactory', 'gguf'] as const
export type SftFormat = (typeof SFT_FORMATS)[number]

/** Separates the results of one turn; LLaMA-Factory's template (0.9) adds the outer marks. */
const BETWEEN_RESULTS = '\n</tool_response>\n<tool_response>\n'

/** A conversation as the value of a line. */
export function sftLine(conversation: TaughtConversation, format: SftFormat): object {
  if (format === 'gguf') return { messages: conversation.texts }
  return format === 'messages' ? toMessages(conversation) : toLlamaFactory(conversation)
}

/** OpenAI's format, with arguments as objects, because the templates of newer models don't accept a string. */
function toMessages({ messages, tools }: TaughtConversation): object {
  return {
    messages: messages.map((message) => {
      if (message.role === 'tool') {
        return { role: 'tool', tool_call_id: message.callId, name: message.name, content: message.content }
      }
      if (message.role !== 'assistant') return { role: message.role, content: message.content }
      const calls = message.toolCalls.map(({ id, name, argumentsText }) => ({
        id,
        type: 'function',
        function: { name, arguments: argumentsOf(argumentsText) },
      }))
      return { role: 'assistant', content: message.content, tool_calls: calls }
    }),
    tools: tools.map(toolEntry),
  }
}

/** A tool in the format of training data and requests. */
export function toolEntry(definition: TaughtConversation['tools'][number]): object {
  return { type: 'function', function: definition }
}

/**
 * ShareGPT's format. The calls of a turn are one JSON text and its results one text, so that no loader fills columns
 * with null, and roles alternate, as the format requires.
 */
function toLlamaFactory({ messages, tools }: TaughtConversation): object {
  const conversations: { from: string; value: string }[] = []
  let results: string[] = []
  const flush = (): void => {
    if (results.length > 0) conversations.push({ from: 'observation', value: results.join(BETWEEN_RESULTS) })
    results = []
  }
  let system = ''
  for (const message of messages) {
    if (message.role === 'tool') {
      results.push(message.content)
      continue
    }
    flush()
    if (message.role === 'system') system = message.content
    else if (message.role === 'user') conversations.push({ from: 'human', value: message.content })
    else {
      const calls = message.toolCalls.map(({ name, argumentsText }) => ({
        name,
        arguments: argumentsOf(argumentsText),
      }))
      conversations.push({ from: 'function_call', value: JSON.stringify(calls) })
    }
  }
  flush()
  return { conversations, system, tools: JSON.stringify(tools) }
}

function argumentsOf(text: string): unknown {
  return JSON.parse(text) as unknown
}
