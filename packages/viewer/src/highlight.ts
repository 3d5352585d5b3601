import scala from 'highlight.js/lib/languages/scala'
import { common, createLowlight } from 'lowlight'

/** A piece of a line in one colour. */
export interface Token {
  readonly text: string
  /** Class of the highlighter; undefined for plain text. */
  readonly kind: string | undefined
}

/** Longer texts stay plain, because highlighting would take too long. */
const MAX_CHARACTERS = 60_000

const lowlight = createLowlight({ ...common, scala })

const LANGUAGES: Readonly<Record<string, string>> = {
  cc: 'cpp',
  cjs: 'javascript',
  cs: 'csharp',
  cts: 'typescript',
  cxx: 'cpp',
  h: 'cpp',
  hh: 'cpp',
  hpp: 'cpp',
  js: 'javascript',
  jsx: 'javascript',
  kt: 'kotlin',
  kts: 'kotlin',
  md: 'markdown',
  mjs: 'javascript',
  mts: 'typescript',
  py: 'python',
  pyi: 'python',
  rb: 'ruby',
  rs: 'rust',
  sh: 'bash',
  toml: 'ini',
  ts: 'typescript',
  tsx: 'typescript',
  yml: 'yaml',
}

/** Lines of a file, each as coloured pieces. The lines must be consecutive. */
export function highlightLines(path: string, lines: readonly string[]): readonly (readonly Token[])[] {
  const plain = (): Token[][] => lines.map((text) => [{ text, kind: undefined }])
  const ending = path.slice(path.lastIndexOf('.') + 1).toLowerCase()
  const language = LANGUAGES[ending] ?? ending
  const text = lines.map(oneLine).join('\n')
  if (!lowlight.registered(language) || text.length > MAX_CHARACTERS) return plain()
  const found: Token[][] = [[]]
  collect(lowlight.highlight(language, text) as Node, undefined, found)
  return found.length === lines.length ? found : plain()
}

/** The used part of the highlighter's tree. */
type Node =
  | { readonly type: 'text'; readonly value: string }
  | {
      readonly type: 'root' | 'element'
      readonly properties?: { readonly className?: readonly string[] }
      readonly children: readonly Node[]
    }

function collect(node: Node, kind: string | undefined, lines: Token[][]): void {
  if (node.type !== 'text') {
    const inner = node.properties?.className?.[0] ?? kind
    for (const child of node.children) collect(child, inner, lines)
    return
  }
  for (const [index, text] of node.value.split('\n').entries()) {
    if (index > 0) lines.push([])
    if (text !== '') lines.at(-1)?.push({ text, kind })
  }
}

/** A carriage return within a line would count as a line end to the highlighter. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]/g, ' ')
}
