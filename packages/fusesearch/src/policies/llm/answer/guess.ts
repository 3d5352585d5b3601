import type { Answer } from '../../../agent/index.ts'
import type { Knowledge } from '../knowledge.ts'
import { rankSeen } from './best-so-far.ts'
import { evidenceOf, toAnswer } from './compose.ts'

/** Files that an answer without a model's word commits itself to; most fixes change one. */
const MAX_GUESSED_FILES = 1
/** Confidence in files that no model named. */
const GUESS_CONFIDENCE = 0.1

/** The best answer from what was seen, where the model gave none: at once, so without parsing. */
export function guessAnswer(knowledge: Knowledge): Answer {
  const files = rankSeen(knowledge).slice(0, MAX_GUESSED_FILES)
  const answered = files.map((file) => ({ path: file.path, score: 1, functions: [], evidence: evidenceOf(file, []) }))
  return toAnswer(answered, knowledge, files.length === 0 ? 0 : GUESS_CONFIDENCE)
}
