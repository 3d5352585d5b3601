import type { Definition } from '../definition.ts'
import { lastFilledRow, outlinedLines } from './lines.ts'
import { OutlineBuilder } from './outline-builder.ts'

/** The stages of a Dockerfile, and their instructions with continuation lines. */
export function outlineDockerfile(text: string): Definition[] {
  const lines = outlinedLines(text)
  const outline = new OutlineBuilder()
  let stages = 0
  for (let row = 0; row < lines.length; row++) {
    const found = /^\s*([A-Za-z]{3,12})\s+(.*)$/.exec(lines[row] ?? '')
    if (found === null) continue
    const [, word = '', rest = ''] = found
    const instruction = word.toUpperCase()
    const start = row
    row = lastContinued(lines, row)
    if (instruction === 'FROM') {
      if (outline.depth > 0) outline.close(lastFilledRow(lines, [0, start - 1]))
      outline.open('class', /\sAS\s+([\w.-]+)/i.exec(rest)?.[1] ?? `stage ${stages}`, start)
      stages++
    }
    const variable = /^(?:ARG|ENV|LABEL)$/.test(instruction) ? /^["']?([\w.-]+)/.exec(rest)?.[1] : undefined
    outline.add('block', variable === undefined ? instruction : `${instruction} ${variable}`, [start, row])
  }
  return outline.finish(lastFilledRow(lines, [0, lines.length - 1]))
}

/** The last row of an instruction, including continuation lines after a backslash and comments between them. */
function lastContinued(lines: readonly string[], first: number): number {
  const heredoc = /<<-?["']?(\w+)/.exec(lines[first] ?? '')?.[1]
  if (heredoc !== undefined) {
    for (let row = first + 1; row < lines.length; row++) if ((lines[row] ?? '').trim() === heredoc) return row
    return lines.length - 1
  }
  let row = first
  while (row + 1 < lines.length && /\\\s*$/.test((lines[row] ?? '').slice(-5))) {
    row++
    while (row + 1 < lines.length && (lines[row] ?? '').trimStart().startsWith('#')) row++
  }
  return row
}

const TARGET = /^([^\s:=#][^:=#]*?)\s?::?(?!=)/
const VARIABLE = /^(?:export |override |private )*([\w.-]+)\s*(?:[:?+!]?=|::=)/

/** The targets of a Makefile with their recipes, and its variables; names of several targets are joined by spaces. */
export function outlineMakefile(text: string): Definition[] {
  const lines = outlinedLines(text)
  const outline = new OutlineBuilder()
  for (let row = 0; row < lines.length; row++) {
    const line = (lines[row] ?? '').slice(0, 300)
    const start = row
    const defined = /^\s*define\s+([\w.-]+)/.exec(line)?.[1]
    if (defined !== undefined) {
      while (row + 1 < lines.length && !/^\s*endef\b/.test(lines[row] ?? '')) row++
      outline.add('function', defined, [start, row])
      continue
    }
    const variable = VARIABLE.exec(line)?.[1]
    const target = variable === undefined ? TARGET.exec(line)?.[1] : undefined
    if (variable === undefined && target === undefined) continue
    while (row + 1 < lines.length && goesOn(lines, row + 1, target !== undefined)) row++
    if (target === '.PHONY') continue
    outline.add(target === undefined ? 'block' : 'function', variable ?? target ?? '', [
      start,
      lastFilledRow(lines, [start, row]),
    ])
  }
  return outline.finish(lines.length - 1)
}

/** A recipe has tabbed lines, with blank lines, comments and conditionals between; any line can be continued. */
function goesOn(lines: readonly string[], row: number, isRecipe: boolean): boolean {
  if (/\\\s*$/.test((lines[row - 1] ?? '').slice(-5))) return true
  const line = lines[row] ?? ''
  return isRecipe && (line.startsWith('\t') || line.trim() === '' || /^(?:#|ifn?eq|ifn?def|else|endif)/.test(line))
}

/** The recipes of a justfile with their indented lines, and its variables. */
export function outlineJustfile(text: string): Definition[] {
  const lines = outlinedLines(text)
  const outline = new OutlineBuilder()
  for (let row = 0; row < lines.length; row++) {
    const start = row
    const line = (lines[row] ?? '').slice(0, 300)
    const variable = /^(?:export\s+|alias\s+|set\s+)?([\w-]+)\s*:=/.exec(line)?.[1]
    const recipe = variable === undefined ? /^@?([\w-]+)[^:#]*:/.exec(line)?.[1] : undefined
    if (variable === undefined && recipe === undefined) continue
    if (recipe !== undefined) while (row + 1 < lines.length && /^(?:\s|$)/.test(lines[row + 1] ?? '')) row++
    outline.add(recipe === undefined ? 'block' : 'function', variable ?? recipe ?? '', [
      start,
      lastFilledRow(lines, [start, row]),
    ])
  }
  return outline.finish(lines.length - 1)
}

/** The CMake commands that define a target, named by their first argument. */
const CMAKE_TARGETS = /^add_(?:executable|library|custom_target|test)$/

/** The functions, macros and targets of CMake, its variables and options, and every other command with its target. */
export function outlineCmake(text: string): Definition[] {
  const lines = outlinedLines(text)
  const outline = new OutlineBuilder()
  for (let row = 0; row < lines.length; row++) {
    const found = /^\s*([A-Za-z_]\w*)\s*\(\s*([^\s()"]*)/.exec(lines[row] ?? '')
    if (found === null) continue
    const [, written = '', first = ''] = found
    const command = written.toLowerCase()
    const start = row
    row = lastOfCommand(lines, row)
    const name = first || /^[^\s()"]+/.exec((lines[start + 1] ?? '').trim())?.[0] || ''
    if (command === 'function' || command === 'macro') outline.open('function', name, start)
    else if (command === 'endfunction' || command === 'endmacro') outline.close(row)
    else if (CMAKE_TARGETS.test(command)) outline.add('function', name, [start, row])
    else if (/^(?:set|option|list)$/.test(command)) outline.add('block', command === 'list' ? '' : name, [start, row])
    else if (!/^(?:if|else|elseif|endif|foreach|endforeach|while|endwhile|return|message)$/.test(command))
      outline.add('block', `${command} ${name}`, [start, row])
  }
  return outline.finish(lines.length - 1)
}

function lastOfCommand(lines: readonly string[], first: number): number {
  let depth = 0
  for (let row = first; row < lines.length; row++) {
    let isQuoted = false
    for (const char of lines[row] ?? '') {
      if (char === '"') isQuoted = !isQuoted
      else if (!isQuoted && char === '#') break
      else if (!isQuoted && char === '(') depth++
      else if (!isQuoted && char === ')') depth--
    }
    if (depth <= 0) return row
  }
  return lines.length - 1
}
