import { answerCall, callsToSpoil, searchCall } from '../example.ts'
import type { Exchange, Play, Plays } from '../exchange.ts'

const HUGE_ANSWER = 200

/** Replies in the right form with the wrong sense. */
export const MINDS = {
  'empty-turn': ({ send }) => send({}),
  'blank-turn': ({ send }) => send({ text: ' \n\t\n ' }),
  'never-answers': ({ request, send }) => send({ calls: [searchCall(request.tools, `word${request.turn}`)] }),
  'same-call-forever': ({ request, send }) => send({ calls: [searchCall(request.tools, 'def')] }),
  'same-call-many-times': ({ request, send }) =>
    send({ calls: Array.from({ length: 8 }, () => searchCall(request.tools, 'def')) }),
  'hermes-calls': (exchange) => exchange.send({ text: hermesText(exchange) }),
  'hermes-half-open': (exchange) => exchange.send({ text: hermesText(exchange).replace(/\}\n<\/tool_call>\s*$/, '') }),
  'calls-in-thoughts': (exchange) => exchange.send({ text: `<think>I should search.\n${hermesText(exchange)}` }),
  'calls-in-reasoning': (exchange) => exchange.send({ reasoning: hermesText(exchange) }),
  'prose-answer': ({ send }) =>
    send({ text: 'The bug is most likely in `src/app.py`, in the function `main` around line 10.' }),
  'fenced-answer': ({ request, send }) => {
    const { arguments: answer } = answerCall(request.tools, 'src/app.py')
    send({ text: `Here is the answer:\n\`\`\`json\n${JSON.stringify(answer, null, 2)}\n\`\`\`\n` })
  },
  'invented-paths': answering('src/invented/nowhere.py'),
  'absolute-paths': answering('/repository/src/app.py'),
  'dot-paths': answering('./src/app.py'),
  'parent-paths': answering('../../etc/passwd'),
  'backslash-paths': answering('src\\app.py'),
  'paths-with-lines': answering('src/app.py:10-20'),
  'control-characters': answering('src/\u001B[31mapp\u0000.py\n'),
  'answer-without-files': ({ request, send }) => send({ calls: [{ ...answerCall(request.tools, ''), arguments: {} }] }),
  'answer-beside-calls': ({ request, send }) =>
    send({ calls: [answerCall(request.tools, 'src/app.py'), searchCall(request.tools, 'def')] }),
  'two-answers': ({ request, send }) =>
    send({ calls: [answerCall(request.tools, 'src/app.py'), answerCall(request.tools, 'src/other.py')] }),
  'huge-answer': ({ request, send }) =>
    send({ calls: Array.from({ length: HUGE_ANSWER }, (_, index) => answerCall(request.tools, `src/${index}.py`)) }),
  'repeats-itself': ({ request, send }) =>
    send({ text: 'Let me look. '.repeat(5_000), finish: request.wire === 'openai' ? 'length' : 'max_tokens' }),
} satisfies Plays

function answering(path: string): Play {
  return ({ request, send }) => send({ calls: [answerCall(request.tools, path)] })
}

function hermesText(exchange: Exchange): string {
  return callsToSpoil(exchange)
    .map(({ arguments: given, name }) => `<tool_call>\n${JSON.stringify({ name, arguments: given })}\n</tool_call>\n`)
    .join('')
}
