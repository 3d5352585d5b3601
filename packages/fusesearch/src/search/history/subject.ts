const SUBJECT_CHARACTERS = 200

/** The first line of a message. A merge's first line only names branches, so its next line is added. */
export function subjectOf(message: string): string {
  const lines = message.split('\n', MAX_LINES).filter((line) => line.trim() !== '')
  const subject = lines[0]?.startsWith('Merge ') === true ? lines.slice(0, 2).join(': ') : (lines[0] ?? '')
  const line = subject.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
  return line.length > SUBJECT_CHARACTERS ? `${line.slice(0, SUBJECT_CHARACTERS)}…` : line
}

/** Lines of a message that are looked at: the two that matter are among the first. */
const MAX_LINES = 20
