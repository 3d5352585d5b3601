import { answerCall, callsToSpoil, searchCall } from '../example.ts'
import type { Exchange } from '../exchange.ts'
import type { NamedPlay } from '../play.ts'

const HUGE_ANSWER = 200

/** Replies in the right form with the wrong sense. */
export const MINDS: readonly NamedPlay[] = [
  { name: 'empty-turn', play: ({ send }) => send({}) },
  {
    name: 'blank-turn',
    play: ({ send }) => send({ text: ' \n\t\n ' }),
  },
  {
    name: 'never-answers',
    play: ({ request, send }) => send({ calls: [searchCall(request.tools, `word${request.turn}`)] }),
  },
  {
    name: 'same-call-forever',
    play: ({ request, send }) => send({ calls: [searchCall(request.tools, 'def')] }),
  },
  {
    name: 'same-call-many-times',
    play: ({ request, send }) => send({ calls: Array.from({ length: 8 }, () => searchCall(request.tools, 'def')) }),
  },
  {
    name: 'hermes-calls',
    play: (exchange) => exchange.send({ text: hermesText(exchange) }),
  },
  {
    name: 'hermes-half-open',
    play: (exchange) => exchange.send({ text: hermesText(exchange).replace(/\}\n<\/tool_call>\s*$/, '') }),
  },
  {
    name: 'calls-in-thoughts',
    play: (exchange) => exchange.send({ text: `<think>I should search.\n${hermesText(exchange)}` }),
  },
  {
    name: 'calls-in-reasoning',
    play: (exchange) => exchange.send({ reasoning: hermesText(exchange) }),
  },
  {
    name: 'prose-answer',
    play: ({ send }) =>
      send({ text: 'The bug is most likely in `src/app.py`, in the function `main` around line 10.' }),
  },
  {
    name: 'fenced-answer',
    play: ({ request, send }) => {
      const { arguments: answer } = answerCall(request.tools, 'src/app.py')
      send({ text: `Here is the answer:\n\`\`\`json\n${JSON.stringify(answer, null, 2)}\n\`\`\`\n` })
    },
  },
  answering('invented-paths', 'src/invented/nowhere.py'),
  answering('absolute-paths', '/repository/src/app.py'),
  answering('dot-paths', './src/app.py'),
  answering('parent-paths', '../../etc/passwd'),
  answering('backslash-paths', 'src\\app.py'),
  answering('paths-with-lines', 'src/app.py:10-20'),
  answering('control-characters', 'src/\u001B[31mapp\u0000.py\n'),
  {
    name: 'answer-without-files',
    play: ({ request, send }) => send({ calls: [{ ...answerCall(request.tools, ''), arguments: {} }] }),
  },
  {
    name: 'answer-beside-calls',
    play: ({ request, send }) =>
      send({ calls: [answerCall(request.tools, 'src/app.py'), searchCall(request.tools, 'def')] }),
  },
  {
    name: 'two-answers',
    play: ({ request, send }) =>
      send({ calls: [answerCall(request.tools, 'src/app.py'), answerCall(request.tools, 'src/other.py')] }),
  },
  {
    name: 'huge-answer',
    play: ({ request, send }) =>
      send({ calls: Array.from({ length: HUGE_ANSWER }, (_, index) => answerCall(request.tools, `src/${index}.py`)) }),
  },
  {
    name: 'repeats-itself',
    play: ({ request, send }) =>
      send({ text: 'Let me look. '.repeat(5_000), finish: request.wire === 'openai' ? 'length' : 'max_tokens' }),
  },
]

function answering(name: string, path: string): NamedPlay {
  const play: NamedPlay['play'] = ({ request, send }) => send({ calls: [answerCall(request.tools, path)] })
  return { name, play }
}

function hermesText(exchange: Exchange): string {
  return callsToSpoil(exchange)
    .map(({ arguments: given, name }) => `<tool_call>\n${JSON.stringify({ name, arguments: given })}\n</tool_call>\n`)
    .join('')
}
