import type { Definition } from '../definition.ts'
import * as bracket from './bracket-languages.ts'
import { outlineBrackets } from './brackets.ts'
import { outlineCmake, outlineDockerfile, outlineJustfile, outlineMakefile } from './build-files.ts'
import { outlineByMarks, outlineGherkin, outlineLatex, outlineMarkdown, outlineRst } from './headings.ts'
import * as indent from './indent.ts'
import { outlineJson } from './json.ts'
import { outlineKeys } from './keys.ts'
import type { OutlineKind } from './kinds.ts'
import { outlineHtml, outlineXml } from './markup.ts'
import { mergeDefinitions } from './outline-builder.ts'
import { outlineGettext, outlineSql } from './sql.ts'
import { outlineYaml } from './yaml.ts'

type Outliner = (text: string) => Definition[]

function brackets(language: bracket.BracketLanguage): Outliner {
  return (text) => outlineBrackets(text, language)
}

function indented(language: indent.IndentLanguage): Outliner {
  return (text) => indent.outlineIndented(text, language)
}

/** The outline function of each type that is read line by line; the other types need a grammar. */
export const OUTLINERS: Readonly<Partial<Record<OutlineKind, Outliner>>> = {
  asciidoc: (text) => outlineByMarks(text, '='),
  awk: brackets(bracket.awk),
  bash: indented(indent.shell),
  basic: indented(indent.basic),
  bazel: (text) =>
    mergeDefinitions(outlineBrackets(text, bracket.bazel), indent.outlineIndented(text, indent.starlark)),
  clike: brackets(bracket.cLike),
  cmake: outlineCmake,
  conf: brackets(bracket.braceConfig),
  css: brackets(bracket.css),
  dockerfile: outlineDockerfile,
  dart: brackets(bracket.dart),
  elm: indented(indent.elm),
  ended: indented(indent.ended),
  env: (text) => outlineKeys(text, { separators: '=', comment: '#' }),
  erlang: indented(indent.erlang),
  fortran: indented(indent.fortran),
  fsharp: indented(indent.fsharp),
  gettext: outlineGettext,
  gherkin: outlineGherkin,
  graphql: brackets(bracket.graphql),
  groovy: brackets(bracket.groovy),
  hcl: brackets(bracket.hcl),
  hdl: indented(indent.hdl),
  html: outlineHtml,
  indented: indented(indent.indented),
  ini: (text) => outlineKeys(text, { separators: '=:', comment: '#' }),
  json: outlineJson,
  just: outlineJustfile,
  latex: outlineLatex,
  lisp: brackets(bracket.lisp),
  lua: indented(indent.lua),
  make: outlineMakefile,
  markdown: outlineMarkdown,
  meson: brackets(bracket.meson),
  nix: brackets(bracket.nix),
  nushell: brackets(bracket.nushell),
  org: (text) => outlineByMarks(text, '*'),
  pascal: indented(indent.pascal),
  perl: brackets(bracket.perl),
  powershell: brackets(bracket.powershell),
  prisma: brackets(bracket.prisma),
  properties: (text) => outlineKeys(text, { separators: '=:', comment: '#' }),
  proto: brackets(bracket.proto),
  r: brackets(bracket.r),
  requirements: (text) => outlineKeys(text, { separators: '=<>~;[ @', comment: '#', hasBareKeys: true }),
  rst: outlineRst,
  scss: brackets(bracket.scss),
  solidity: brackets(bracket.solidity),
  sql: outlineSql,
  strings: (text) => outlineKeys(text, { separators: '=', comment: '/*' }),
  tcl: brackets(bracket.tcl),
  thrift: brackets(bracket.thrift),
  toml: (text) => outlineKeys(text, { separators: '=', comment: '#' }),
  vim: indented(indent.vim),
  elixir: indented(indent.elixir),
  haskell: indented(indent.haskell),
  julia: indented(indent.julia),
  ocaml: indented(indent.ocaml),
  objc: brackets(bracket.objc),
  xml: outlineXml,
  yaml: outlineYaml,
  zig: brackets(bracket.zig),
}
