import { answerCall, callsToSpoil, searchCall } from '../example.ts'
import type { Exchange } from '../exchange.ts'
import { BOTH, type Misbehaviour } from '../misbehaviour.ts'

const HUGE_ANSWER = 200

/** Replies in the right form with the wrong sense. */
export const MINDS: readonly Misbehaviour[] = [
  { name: 'empty-turn', description: 'says nothing and calls nothing', wires: BOTH, play: ({ send }) => send({}) },
  {
    name: 'blank-turn',
    description: 'says blanks and line ends only',
    wires: BOTH,
    play: ({ send }) => send({ text: ' \n\t\n ' }),
  },
  {
    name: 'never-answers',
    description: 'searches for something else in every turn and never answers',
    wires: BOTH,
    play: ({ request, send }) => send({ calls: [searchCall(request.tools, `word${request.turn}`)] }),
  },
  {
    name: 'same-call-forever',
    description: 'makes the same call in every turn',
    wires: BOTH,
    play: ({ request, send }) => send({ calls: [searchCall(request.tools, 'def')] }),
  },
  {
    name: 'same-call-many-times',
    description: 'makes the same call eight times in each turn',
    wires: BOTH,
    play: ({ request, send }) => send({ calls: Array.from({ length: 8 }, () => searchCall(request.tools, 'def')) }),
  },
  {
    name: 'hermes-calls',
    description: 'writes its calls as `<tool_call>` in the text',
    wires: BOTH,
    play: (exchange) => exchange.send({ text: hermesText(exchange) }),
  },
  {
    name: 'hermes-half-open',
    description: 'writes a `<tool_call>` in the text and never closes it',
    wires: BOTH,
    play: (exchange) => exchange.send({ text: hermesText(exchange).replace(/\}\n<\/tool_call>\s*$/, '') }),
  },
  {
    name: 'calls-in-thoughts',
    description: 'writes its calls in an unclosed `<think>` in the text',
    wires: BOTH,
    play: (exchange) => exchange.send({ text: `<think>I should search.\n${hermesText(exchange)}` }),
  },
  {
    name: 'calls-in-reasoning',
    description: 'writes its calls in the field of its thoughts and leaves the text empty',
    wires: BOTH,
    play: (exchange) => exchange.send({ reasoning: hermesText(exchange) }),
  },
  {
    name: 'prose-answer',
    description: 'answers in a sentence instead of a call',
    wires: BOTH,
    play: ({ send }) =>
      send({ text: 'The bug is most likely in `src/app.py`, in the function `main` around line 10.' }),
  },
  {
    name: 'fenced-answer',
    description: 'answers in a fence of JSON instead of a call',
    wires: BOTH,
    play: ({ request, send }) => {
      const { arguments: answer } = answerCall(request.tools, 'src/app.py')
      send({ text: `Here is the answer:\n\`\`\`json\n${JSON.stringify(answer, null, 2)}\n\`\`\`\n` })
    },
  },
  answering('invented-paths', 'answers with paths that no repository has', 'src/invented/nowhere.py'),
  answering('absolute-paths', 'answers with absolute paths', '/repository/src/app.py'),
  answering('dot-paths', 'answers with paths that begin with `./`', './src/app.py'),
  answering('parent-paths', 'answers with paths that climb out of the repository', '../../etc/passwd'),
  answering('backslash-paths', 'answers with paths of Windows', 'src\\app.py'),
  answering('paths-with-lines', 'answers with paths that have lines behind them', 'src/app.py:10-20'),
  answering('control-characters', 'answers with control characters in paths', 'src/\u001B[31mapp\u0000.py\n'),
  {
    name: 'answer-without-files',
    description: 'answers with an empty object',
    wires: BOTH,
    play: ({ request, send }) => send({ calls: [{ ...answerCall(request.tools, ''), arguments: {} }] }),
  },
  {
    name: 'answer-beside-calls',
    description: 'answers and searches in the same turn',
    wires: BOTH,
    play: ({ request, send }) =>
      send({ calls: [answerCall(request.tools, 'src/app.py'), searchCall(request.tools, 'def')] }),
  },
  {
    name: 'two-answers',
    description: 'answers twice in the same turn',
    wires: BOTH,
    play: ({ request, send }) =>
      send({ calls: [answerCall(request.tools, 'src/app.py'), answerCall(request.tools, 'src/other.py')] }),
  },
  {
    name: 'huge-answer',
    description: 'answers with the same call 200 times',
    wires: BOTH,
    play: ({ request, send }) =>
      send({ calls: Array.from({ length: HUGE_ANSWER }, (_, index) => answerCall(request.tools, `src/${index}.py`)) }),
  },
  {
    name: 'repeats-itself',
    description: 'says the same words until its tokens run out',
    wires: BOTH,
    play: ({ request, send }) =>
      send({ text: 'Let me look. '.repeat(5_000), finish: request.wire === 'openai' ? 'length' : 'max_tokens' }),
  },
]

function answering(name: string, description: string, path: string): Misbehaviour {
  const play: Misbehaviour['play'] = ({ request, send }) => send({ calls: [answerCall(request.tools, path)] })
  return { name, description, wires: BOTH, play }
}

function hermesText(exchange: Exchange): string {
  return callsToSpoil(exchange)
    .map(({ arguments: given, name }) => `<tool_call>\n${JSON.stringify({ name, arguments: given })}\n</tool_call>\n`)
    .join('')
}
