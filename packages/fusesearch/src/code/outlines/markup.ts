import type { Definition } from '../definition.ts'
import { OutlineBuilder } from './outline-builder.ts'

/** HTML elements without content. */
const VOID_ELEMENTS: ReadonlySet<string> = new Set(
  'area base br col embed hr img input link meta source track wbr'.split(' '),
)

/** HTML elements whose content is no markup. */
const RAW_ELEMENTS: ReadonlySet<string> = new Set(['script', 'style'])

/** HTML elements that are listed even without an `id` or `name`. */
const LANDMARKS: ReadonlySet<string> = new Set(
  'head header footer main nav section form table template script style dialog'.split(' '),
)

/** Attributes that name an element; the first one counts. */
const NAMING = /\s(?:id|name|x:name|x:key|key|android:id|ref|slot)\s*=\s*(?:"([^"]*)"|'([^']*)')/i

/** A name is looked for in only this many characters of a tag. */
const MAX_TAG_CHARS = 2_000

/** Elements of XML without a name are listed down to this level. */
const XML_LEVELS = 3

/** With more open elements, the next one counts as closed at once: text that closes none would take quadratic time. */
const MAX_OPEN = 1_000

/** Elements with a name as `form#cart`, the landmarks of a page, and the blocks of Django, Jinja and Twig templates. */
export function outlineHtml(text: string): Definition[] {
  return outlineMarkup(text, true)
}

/** The upper elements of XML, and every one with a name as `string#title`. */
export function outlineXml(text: string): Definition[] {
  return outlineMarkup(text, false)
}

function outlineMarkup(text: string, isHtml: boolean): Definition[] {
  const outline = new OutlineBuilder()
  const open: string[] = []
  let [row, counted] = [0, 0]
  const rowAt = (offset: number): number => {
    for (; counted < offset; counted++) if (text.charCodeAt(counted) === 10) row++
    return row
  }
  for (const tag of tagsOf(text, isHtml)) {
    const startRow = rowAt(tag.start)
    if (tag.isClosing) {
      const place = open.lastIndexOf(tag.name)
      if (place === -1) continue
      const endRow = rowAt(tag.end)
      for (; open.length > place; open.pop()) outline.close(endRow)
      continue
    }
    const isListed = isHtml ? LANDMARKS.has(tag.name) : open.length < XML_LEVELS
    const name = nameOf(tag, isListed)
    if (tag.isEmpty || (isHtml && VOID_ELEMENTS.has(tag.name)) || open.length >= MAX_OPEN) {
      if (name !== '') outline.add('block', name, [startRow, rowAt(tag.end)])
      continue
    }
    outline.open('block', name, startRow)
    open.push(tag.name)
  }
  return outline.finish(rowAt(text.length - 1))
}

/** `form#cart`, and `block content` for the blocks of templates. */
function nameOf({ name, id }: Tag, isListed: boolean): string {
  if (name.startsWith('%')) return `${name.slice(1)} ${id}`
  return id === undefined ? (isListed ? name : '') : `${name}#${id}`
}

interface Tag {
  readonly name: string
  readonly id: string | undefined
  readonly isClosing: boolean
  readonly isEmpty: boolean
  readonly start: number
  readonly end: number
}

/** The tags of a text in one pass; comments, declarations and the contents of scripts and styles are skipped. */
function* tagsOf(text: string, isHtml: boolean): Generator<Tag> {
  for (let at = nextStart(text, 0, isHtml); at !== -1; ) {
    let end: number
    if (text.startsWith('<!--', at)) end = behind(text, '-->', at)
    else if (text.startsWith('<![CDATA[', at)) end = behind(text, ']]>', at)
    else if (text.startsWith('{%', at)) {
      end = behind(text, '%}', at)
      const found = /^\{%-?\s*(end)?(block|macro)\s*([\w-]*)/.exec(text.slice(at, at + 200))
      if (found !== null)
        yield { name: `%${found[2]}`, id: found[3], isClosing: found[1] === 'end', isEmpty: false, start: at, end }
    } else {
      end = tagEnd(text, at)
      const found = /^<(\/?)([\p{L}_][\p{L}\p{N}_:.-]*)/u.exec(text.slice(at, at + 200))
      if (found !== null) {
        const name = isHtml ? (found[2] ?? '').toLowerCase() : (found[2] ?? '')
        const inside = text.slice(at, Math.min(end, at + MAX_TAG_CHARS))
        const naming = NAMING.exec(inside)
        const isClosing = found[1] === '/'
        const isEmpty = text[end - 2] === '/'
        yield { name, id: (naming?.[1] ?? naming?.[2])?.slice(0, 100) || undefined, isClosing, isEmpty, start: at, end }
        if (isHtml && !isClosing && !isEmpty && RAW_ELEMENTS.has(name)) {
          const close = text.indexOf(`</${name}`, end)
          end = close === -1 ? text.length : close
        }
      }
    }
    at = nextStart(text, end, isHtml)
  }
}

/** Where the next tag may begin. */
function nextStart(text: string, from: number, isHtml: boolean): number {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 60 || (isHtml && code === 123 && text.charCodeAt(at + 1) === 37)) return at
  }
  return -1
}

/** The offset after a tag's `>`. A `>` in a quoted value doesn't end the tag. */
function tagEnd(text: string, from: number): number {
  let quote = ''
  for (let at = from + 1; at < text.length; at++) {
    const char = text[at] ?? ''
    if (quote !== '') {
      if (char === quote) quote = ''
    } else if (char === '>') return at + 1
    else if (char === '<') return at
    else if ((char === '"' || char === "'") && text[at - 1] === '=') quote = char
  }
  return text.length
}

function behind(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from)
  return at === -1 ? text.length : at + end.length
}
