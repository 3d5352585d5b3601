import type { Call } from '../search/index.ts'

/** Keywords in patterns for definitions, whatever they search for. */
const COMMON_WORDS = new Set(
  `abstract async class const data def enum export final fun func function impl inline interface internal let module
  namespace object open override package private protected protocol pub public record sealed static struct suspend
  trait type union val var void`.split(/\s+/),
)

/** Groups with flags or a name, classes such as `\w`, and other escapes: their letters aren't part of a name. */
const SYNTAX = /\(\?(?:P?<[^>]*>|[a-zA-Z-]*[:)])|\\[pP]\{[^}]*\}|\\[a-zA-Z]/g
const NAME = /[\p{L}_$][\p{L}\p{N}_$]{2,}/gu
const IS_PLAIN = /^[^\\^$.|?*+()[\]{}]*$/

/** Names in a regular expression, without its syntax and the keywords of definitions; each once. */
export function namesInPattern(pattern: string): readonly string[] {
  const names = pattern.replaceAll(SYNTAX, ' ').match(NAME) ?? []
  return [...new Set(names)].filter((name) => !COMMON_WORDS.has(name))
}

/** What a call searched for that occurs in the issue, ignoring case: whole phrases first, then the names in them. */
export function termsIn(issue: string, call: Call): readonly string[] {
  const text = issue.toLowerCase()
  return [...new Set(termsOf(call))].filter((term) => term.length > 2 && text.includes(term.toLowerCase()))
}

function termsOf(call: Call): readonly string[] {
  switch (call.tool) {
    case 'grep': {
      const { literal = false, pattern } = call.arguments
      const whole = literal || IS_PLAIN.test(pattern) ? [pattern.trim()] : []
      return [...whole, ...namesInPattern(pattern)]
    }
    case 'glob':
      return call.arguments.patterns.flatMap(namesInPath)
    case 'read_file':
      return namesInPath(call.arguments.path)
    case 'history':
      return call.arguments.query.match(NAME) ?? []
  }
}

/** The path, its last part, and that without the extension; wildcards separate parts. */
function namesInPath(path: string): readonly string[] {
  const last = path.slice(path.lastIndexOf('/') + 1)
  return [path, last, last.replace(/\.\w+$/, '')].flatMap((part) => part.split(/[*?[\]{},!]+/))
}
