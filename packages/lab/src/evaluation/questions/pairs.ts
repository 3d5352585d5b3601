import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { languageOf, MAX_PARSED_CHARS, parseDefinitions } from 'fusesearch/code'
import { FuseSearchError } from 'fusesearch/core'
import { isTestPath } from '../../datasets/index.ts'

/** A definition of a repository's own code. */
export interface CodePlace {
  readonly path: string
  readonly kind: 'function' | 'class'
  /** Qualified within the file. */
  readonly name: string
  readonly startLine: number
  readonly endLine: number
}

/** A sentence of a repository's documentation without the names of the code that it describes, and that code. */
export interface QuestionPair {
  readonly question: string
  /** The document that contains the sentence. */
  readonly document: string
  /** Overloads and redefinitions of one name in one file all count as right. */
  readonly gold: readonly CodePlace[]
}

/** The code of a repository that questions may be about, and its documents. */
export interface DocumentedTree {
  readonly code: readonly CodePlace[]
  /** Texts of the code files by path. */
  readonly texts: ReadonlyMap<string, string>
  readonly documents: readonly { readonly path: string; readonly text: string }[]
}

const DOCUMENT = /\.(?:rst|md|mdx|adoc|asciidoc|ipynb)$/i
/** Change logs describe changes, not the purpose of code. */
const HISTORY = /(?:^|\/)(?:change|whatsnew|release|history|news|upgrad|migrat|version)[^/]*/i
const ASIDE =
  /(?:^|\/)(?:docs?|examples?|benchmarks?|website|node_modules|vendor|third_party|tutorials?|tools|performance|\.github)\/|\.min\.js$/i
/** Notebooks contain images. */
const MAX_DOCUMENT_CHARS = 5_000_000

/** Reads a folder's code and documents. There are no questions about tests, examples and vendored code. */
export async function readDocumentedTree(root: string): Promise<DocumentedTree> {
  const paths = await listFiles(root)
  const code: CodePlace[] = []
  const texts = new Map<string, string>()
  for (const path of paths) {
    const language = languageOf(path)
    if (language === undefined || isTestPath(path) || ASIDE.test(path)) continue
    if ((await stat(join(root, path))).size > MAX_PARSED_CHARS) continue
    const text = await readFile(join(root, path), 'utf8')
    texts.set(path, text)
    code.push(...(await placesIn(path, text)))
  }
  const documents: { path: string; text: string }[] = []
  for (const path of paths.filter((one) => DOCUMENT.test(one) && !HISTORY.test(one))) {
    if ((await stat(join(root, path))).size > MAX_DOCUMENT_CHARS) continue
    const text = await readFile(join(root, path), 'utf8')
    documents.push({ path, text: path.endsWith('.ipynb') ? proseOfNotebook(text) : text })
  }
  return { code, texts, documents }
}

/** The Markdown cells; empty for a file that isn't a notebook. */
function proseOfNotebook(text: string): string {
  try {
    const { cells = [] } = JSON.parse(text) as { cells?: { cell_type?: string; source?: string | string[] }[] }
    const prose = cells.filter(({ cell_type: type }) => type === 'markdown')
    return prose.map(({ source = '' }) => (typeof source === 'string' ? source : source.join(''))).join('\n\n')
  } catch {
    return ''
  }
}

async function listFiles(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.startsWith('.git/'))
    .sort()
}

async function placesIn(path: string, text: string): Promise<CodePlace[]> {
  const language = languageOf(path)
  if (language === undefined) return []
  try {
    const definitions = await parseDefinitions(text, language)
    return definitions.flatMap(({ kind, name, startLine, endLine }) =>
      kind === 'block' ? [] : [{ path, kind, name, startLine, endLine }],
    )
  } catch (error) {
    if (error instanceof FuseSearchError && error.code === 'grammar-failed') return []
    throw error
  }
}

/** Minimum number of words of a sentence besides its names. */
const MIN_WORDS = 8
const MAX_WORDS = 60

/**
 * The sentences of the documents that name exactly one function or type of the code and describe it: its names are
 * removed from the sentence, which must still have {@link MIN_WORDS} significant words. A sentence is used once, even
 * if several documents contain it.
 */
export function questionPairs({ code, documents }: DocumentedTree): QuestionPair[] {
  const index = indexOf(code)
  const seen = new Set<string>()
  const pairs: QuestionPair[] = []
  for (const { path, text } of documents) {
    for (const sentence of sentencesOf(text)) {
      const pair = pairOf(sentence, index)
      if (pair === undefined || seen.has(pair.question)) continue
      seen.add(pair.question)
      pairs.push({ ...pair, document: path })
    }
  }
  return pairs
}

/** Places by their qualified names, and by all endings of those names. */
function indexOf(code: readonly CodePlace[]): ReadonlyMap<string, readonly CodePlace[]> {
  const index = new Map<string, CodePlace[]>()
  for (const place of code) {
    const parts = place.name.split('.')
    for (let from = 0; from < parts.length; from++) {
      const key = parts.slice(from).join('.')
      index.set(key, [...(index.get(key) ?? []), place])
    }
  }
  return index
}

/** Prose only: no code blocks, directives, tables, headings, comments or addresses; list items count as prose. */
function sentencesOf(text: string): string[] {
  const withoutBlocks = text
    .replace(/^(```|~~~)[^]*?^\1.*$/gm, '')
    .replace(/^---\n[^]*?\n---\n/, '')
    .replace(/<!--[^]*?-->/g, '')
    .replace(/^\.\. .*(?:\n(?:[ \t]+.*)?(?=\n|$))*/gm, '')
    .replace(/^(.*)::[ \t]*\n(?:[ \t]*\n|[ \t]+.*\n)+/gm, '$1.\n')
    .replace(/!\[[^\]]*\]\([^)]*\)/g, '')
  return withoutBlocks
    .split(/\n[ \t]*\n|\n(?=[ \t]*(?:[-*+]|\d+\.|#)[ \t])/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    .filter((paragraph) => !/^[#|=+]|^\s*(?:import|<)|^[-=~^*]{3,}$/.test(paragraph))
    .flatMap((paragraph) => paragraph.split(/(?<=[.!?:])\s+(?=[A-Z`:*[])/))
}

/** Names in code marks: roles and literals of reStructuredText, code spans and links of Markdown. */
const MARKED =
  /:(?:[a-z]+:)?(?:class|func|meth|attr|exc|obj|mod|data|ref|doc):`([^`]+)`|``([^`]+)``|\[?`([^`]+)`\]?(?:\([^)]*\))?_?/g

function pairOf(
  sentence: string,
  index: ReadonlyMap<string, readonly CodePlace[]>,
): Omit<QuestionPair, 'document'> | undefined {
  const marks = [...sentence.matchAll(MARKED)].map((match) => ({
    whole: match[0],
    name: nameIn(match[1] ?? match[2] ?? match[3] ?? ''),
  }))
  const found = marks.map(({ name }) => placesOf(name, index))
  const named = found.filter((places) => places.length > 0)
  const [gold] = named
  if (gold === undefined || named.some((places) => places[0] !== gold[0])) return undefined
  const parts = (gold[0]?.name ?? '').split('.').map((part) => part.toLowerCase())
  let question = sentence
  for (const { whole, name } of marks) {
    const isGold = parts.some((part) =>
      name
        .toLowerCase()
        .split(/[.:#]+/)
        .includes(part),
    )
    question = question.replace(whole, isGold ? '' : ` ${name} `)
  }
  for (const part of parts.filter((one) => one.length > 3)) {
    question = question.replace(new RegExp(`\\b${part.replace(/\W/g, '\\$&')}\\b`, 'gi'), '')
  }
  question = question
    .replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replace(/https?:\S+|[*_`|]+|^(?:[-+]|\d+\.)\s/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/\s+([.,;:])/g, '$1')
    .replace(/^\W+/, '')
    .trim()
  const words = question.match(/[A-Za-z]{3,}/g)?.filter((word) => !WEAK.has(word.toLowerCase())) ?? []
  if (words.length < MIN_WORDS || words.length > MAX_WORDS || POINTING.test(question)) return undefined
  return { question, gold }
}

/** Such a sentence refers to another one. */
const POINTING =
  /^(?:here|like|either|they|it|these|those|this (?:is|can|will|means)|that|and|or|but|however|as (?:you|we|shown)|(?:in|for) (?:this|that|these|the \w+) (?:examples?|cases?|tutorials?|sections?))\b|\b(?:below|above|following|previous|next|described in|shown in)\b|:$/i

/** The name in a mark: `~a.b.C.m`, `title <a.b>`, `f(x)`, `a.b.f()`; empty if there is none. */
function nameIn(mark: string): string {
  const target = /<([^>]+)>$/.exec(mark)?.[1] ?? mark
  const name = target
    .trim()
    .replace(/^[~!@.]+/, '')
    .replace(/\([^)]*\)$/, '')
    .replace(/::|#/g, '.')
  return /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*$/.test(name) ? name : ''
}

/** The definition (or several with one name in one file) that the name identifies; none for a common word. */
function placesOf(name: string, index: ReadonlyMap<string, readonly CodePlace[]>): readonly CodePlace[] {
  const isTelling = /[_.]|[a-z][A-Z]/.test(name) && name.length > 3
  if (!isTelling) return []
  const parts = name.split('.')
  for (let from = 0; from < parts.length; from++) {
    const places = index.get(parts.slice(from).join('.'))
    if (places === undefined) continue
    const [first] = places
    const isOne = places.every((one) => one.path === first?.path && one.name === first.name)
    return isOne ? places : []
  }
  return []
}

const WEAK = new Set(
  (
    'the and for are was were has have had this that these those with from into onto can may will would should must ' +
    'you your its their them they not but also any all each when where which what who how use used using uses see ' +
    'class function method object module file code example following default note more then than there here some such ' +
    'only other one two via per other same between both set get'
  ).split(' '),
)

/**
 * This many pairs, spread over the repositories: in rotation, at most `perPlace` for one place, in an order that
 * depends only on the seed.
 */
export function choosePairs<T extends QuestionPair>(
  byRepository: readonly (readonly T[])[],
  {
    count,
    order,
    perPlace = 2,
  }: { readonly count: number; readonly perPlace?: number; readonly order: (items: readonly T[]) => T[] },
): T[] {
  const queues = byRepository.map((pairs) => {
    const taken = new Map<string, number>()
    return order(pairs).filter(({ gold }) => {
      const key = `${gold[0]?.path} ${gold[0]?.name}`
      const before = taken.get(key) ?? 0
      taken.set(key, before + 1)
      return before < perPlace
    })
  })
  const chosen: T[] = []
  while (chosen.length < count && queues.some((queue) => queue.length > 0)) {
    for (const queue of queues) {
      const next = queue.shift()
      if (next !== undefined && chosen.length < count) chosen.push(next)
    }
  }
  return chosen
}
