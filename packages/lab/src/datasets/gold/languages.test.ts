import { createTwoFilesPatch } from 'diff'
import { LANGUAGES, languageOf } from 'fusesearch/code'
import { describe, expect, it } from 'vitest'
import { extractGold } from './gold.ts'

/** Path, source, the line that changes (holding MARK), and the function around it. */
type Case = readonly [path: string, source: string, name: string, startLine: number, endLine: number]

const CASES: readonly Case[] = [
  ['a.py', 'class A:\n    @memo\n    def run(self):\n        return MARK\n', 'A.run', 2, 4],
  ['a.js', 'class A {\n  run() {\n    return MARK\n  }\n}\n', 'A.run', 2, 4],
  ['a.ts', 'export const run = (x: number): number => {\n  return MARK\n}\n', 'run', 1, 3],
  ['a.tsx', 'function Box() {\n  return <b>{MARK}</b>\n}\n', 'Box', 1, 3],
  ['A.java', 'class A {\n  @Override\n  public int run(int x) {\n    return MARK;\n  }\n}\n', 'A.run', 2, 5],
  ['a.go', 'package a\n\nfunc (b *Box) Run() int {\n\treturn MARK\n}\n', 'Box.Run', 3, 5],
  ['a.rs', 'impl Shop {\n    fn run(&self) -> i32 {\n        MARK\n    }\n}\n', 'Shop.run', 2, 4],
  ['a.c', 'static int run(int x)\n{\n  return MARK;\n}\n', 'run', 1, 4],
  ['a.cpp', 'namespace n {\nint Shop::run() {\n  return MARK;\n}\n}\n', 'n.Shop.run', 2, 4],
  ['A.cs', 'namespace N {\n  class A {\n    int Run() {\n      return MARK;\n    }\n  }\n}\n', 'A.Run', 3, 5],
  ['a.rb', 'class Shop\n  def run(x)\n    MARK\n  end\nend\n', 'Shop.run', 2, 4],
  ['a.php', '<?php\nclass Shop {\n  function run() {\n    return MARK;\n  }\n}\n', 'Shop.run', 3, 5],
  ['a.kt', 'class Shop {\n  fun run(): Int {\n    return MARK\n  }\n}\n', 'Shop.run', 2, 4],
  ['a.swift', 'class Shop {\n  func run() -> Int {\n    return MARK\n  }\n}\n', 'Shop.run', 2, 4],
  ['a.scala', 'object Shop {\n  def run(x: Int): Int = {\n    MARK\n  }\n}\n', 'Shop.run', 2, 4],
]

describe('gold in every language', () => {
  it('has a case for each', () => {
    expect(new Set(CASES.map(([path]) => languageOf(path)))).toEqual(new Set(LANGUAGES))
  })

  it.each(CASES)('%s', async (...one) => {
    const [path, source, name, startLine, endLine] = one
    const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, source, source.replace('MARK', 'MARK + 1'))
    const gold = await extractGold({ patch, readFile: () => Promise.resolve(source) })
    expect(gold.functions).toEqual([{ path, name, startLine, endLine }])
    expect(gold).toMatchObject({ files: [path], kept: true })
  })
})
