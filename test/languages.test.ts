import { afterAll, beforeAll, expect, test } from 'vitest'
import { outlineKindOf } from '../packages/fusesearch/src/code/index.ts'
import { LANGUAGES, languageOf } from '../packages/fusesearch/src/code/languages.ts'
import { FILE_KINDS } from '../packages/fusesearch/src/code/outlines/kinds.ts'
import { createEmbeddedPolicy, createWorkspace, type RepositoryWorkspace } from '../packages/fusesearch/src/index.ts'
import { lastingFolder, writeFiles } from './support/folder.ts'

/**
 * For each type of file: a path, a text about one thing, written `@` or `^` (with a capital), and the place about it.
 */
const EXAMPLES: readonly (readonly [path: string, text: string, place: string])[] = [
  ['c/weigh.c', 'int tare(void) {\n  return 1;\n}\n\nint weigh_@(int kilos) {\n  return kilos - 1;\n}\n', 'weigh_@'],
  [
    'cpp/weigh.cpp',
    'namespace post {\nint tare() { return 1; }\nint weigh^(int kilos) {\n  return kilos - 1;\n}\n}\n',
    'post.weigh^',
  ],
  [
    'cs/Weigh.cs',
    'namespace Post {\n  class Scale {\n    int Tare() { return 1; }\n    int Weigh^(int kilos) {\n      return kilos - 1;\n    }\n  }\n}\n',
    'Scale.Weigh^',
  ],
  [
    'go/weigh.go',
    'package post\n\nfunc tare() int { return 1 }\n\nfunc weigh^(kilos int) int {\n\treturn kilos - 1\n}\n',
    'weigh^',
  ],
  [
    'java/Scale.java',
    'class Scale {\n  int tare() { return 1; }\n  int weigh^(int kilos) {\n    return kilos - 1;\n  }\n}\n',
    'Scale.weigh^',
  ],
  ['js/weigh.js', 'function tare() { return 1 }\n\nfunction weigh^(kilos) {\n  return kilos - 1\n}\n', 'weigh^'],
  ['kt/Weigh.kt', 'fun tare() = 1\n\nfun weigh^(kilos: Int): Int {\n  return kilos - 1\n}\n', 'weigh^'],
  [
    'php/weigh.php',
    '<?php\nfunction tare() { return 1; }\nfunction weigh^($kilos) {\n  return $kilos - 1;\n}\n',
    'weigh^',
  ],
  ['py/weigh.py', 'def tare():\n    return 1\n\ndef weigh_@(kilos):\n    return kilos - 1\n', 'weigh_@'],
  ['rb/weigh.rb', 'def tare\n  1\nend\n\ndef weigh_@(kilos)\n  kilos - 1\nend\n', 'weigh_@'],
  ['rs/weigh.rs', 'fn tare() -> i32 { 1 }\n\nfn weigh_@(kilos: i32) -> i32 {\n    kilos - 1\n}\n', 'weigh_@'],
  [
    'scala/Scale.scala',
    'object Scale {\n  def tare = 1\n  def weigh^(kilos: Int): Int = {\n    kilos - 1\n  }\n}\n',
    'Scale.weigh^',
  ],
  [
    'swift/Weigh.swift',
    'func tare() -> Int { return 1 }\n\nfunc weigh^(kilos: Int) -> Int {\n  return kilos - 1\n}\n',
    'weigh^',
  ],
  [
    'ts/weigh.ts',
    'function tare() { return 1 }\n\nexport function weigh^(kilos: number): number {\n  return kilos - 1\n}\n',
    'weigh^',
  ],
  [
    'tsx/Weigh.tsx',
    'export const tare = 1\n\nexport function Weigh^({ kilos }: { kilos: number }) {\n  return <b>{kilos - 1}</b>\n}\n',
    'Weigh^',
  ],
  ['sh/weigh.sh', '#!/bin/sh\ntare() {\n  echo 1\n}\n\nweigh_@() {\n  echo $(($1 - 1))\n}\n', 'weigh_@'],
  ['ps/weigh.ps1', 'function Get-Tare {\n  1\n}\n\nfunction Get-^ {\n  $args[0] - 1\n}\n', 'Get-^'],
  [
    'dart/weigh.dart',
    'class Scale {\n  int tare() => 1;\n\n  int weigh^(int kilos) {\n    return kilos - 1;\n  }\n}\n',
    'Scale.weigh^',
  ],
  [
    'sol/Scale.sol',
    'contract Scale {\n  function tare() public {}\n\n  function weigh^(uint kilos) public returns (uint) {\n    return kilos - 1;\n  }\n}\n',
    'Scale.weigh^',
  ],
  [
    'lua/weigh.lua',
    'local function tare()\n  return 1\nend\n\nlocal function weigh_@(kilos)\n  return kilos - 1\nend\n',
    'weigh_@',
  ],
  [
    'ex/weigh.ex',
    'defmodule Scale do\n  def tare do\n    1\n  end\n\n  def weigh_@(kilos) do\n    kilos - 1\n  end\nend\n',
    'Scale.weigh_@',
  ],
  [
    'zig/weigh.zig',
    'fn tare() i32 {\n    return 1;\n}\n\npub fn weigh^(kilos: i32) i32 {\n    return kilos - 1;\n}\n',
    'weigh^',
  ],
  ['jl/weigh.jl', 'function tare()\n  1\nend\n\nfunction weigh_@(kilos)\n  kilos - 1\nend\n', 'weigh_@'],
  [
    'hs/Weigh.hs',
    'module Weigh where\n\ntare :: Int\ntare = 1\n\nweigh^ :: Int -> Int\nweigh^ kilos = kilos - 1\n',
    'weigh^',
  ],
  ['ml/weigh.ml', 'let tare () = 1\n\nlet weigh_@ kilos =\n  kilos - 1\n', 'weigh_@'],
  [
    'objc/Scale.m',
    '@implementation Scale\n- (int)tare {\n  return 1;\n}\n\n- (int)weigh^:(int)kilos {\n  return kilos - 1;\n}\n@end\n',
    'Scale.weigh^:',
  ],
  [
    'vue/Box.vue',
    '<template>\n  <b>{{ kilos }}</b>\n</template>\n\n<script>\nexport default {\n  methods: {\n    weigh^(kilos) {\n      return kilos - 1\n    },\n  },\n}\n</script>\n',
    'weigh^',
  ],
  [
    'svelte/Box.svelte',
    '<script>\n  function weigh^(kilos) {\n    return kilos - 1\n  }\n</script>\n\n<b>{weigh(3)}</b>\n',
    'weigh^',
  ],
  ['astro/Box.astro', '---\nfunction weigh^(kilos) {\n  return kilos - 1\n}\n---\n<b>{weigh(3)}</b>\n', 'weigh^'],
  [
    'nb/weigh.ipynb',
    JSON.stringify(
      {
        cells: [
          { cell_type: 'code', metadata: {}, outputs: [], source: ['def weigh_@(kilos):\n', '    return kilos - 1\n'] },
        ],
        metadata: {},
        nbformat: 4,
      },
      null,
      1,
    ),
    'weigh_@',
  ],
  [
    'web/box.html',
    '<html>\n<body>\n<nav id="top">\n  <b>Start</b>\n</nav>\n<form id="@">\n  <input name="kilos">\n</form>\n</body>\n</html>\n',
    'form#@',
  ],
  ['guide/box.md', '# Guide\n\n## Start\n\nBegin here.\n\n## The @\n\nThe @ weighs 3 kilos.\n', 'Guide.The @'],
  [
    'guide/box.rst',
    'Guide\n=====\n\nStart\n-----\n\nBegin.\n\nThe @\n------------\n\nThe @ weighs 3 kilos.\n',
    'Guide.The @',
  ],
  ['guide/box.adoc', '= Guide\n\n== Start\n\nBegin.\n\n== The @\n\nThe @ weighs 3 kilos.\n', 'Guide.The @'],
  ['guide/box.org', '* Guide\n** Start\nBegin.\n** The @\nThe @ weighs 3 kilos.\n', 'Guide.The @'],
  ['guide/box.tex', '\\section{Start}\nBegin.\n\\section{The @}\nThe @ weighs 3 kilos.\n', 'The @'],
  [
    'accept/box.feature',
    'Feature: Boxes\n\n  Scenario: Start\n    Given a box\n\n  Scenario: The @ is weighed\n    Given a @\n',
    'Boxes.The @ is weighed',
  ],
  ['ci/box.yml', 'tare:\n  kilos: 1\n@:\n  kilos: 3\n', '@'],
  ['conf/box.json', '{\n  "tare": { "kilos": 1 },\n  "@": { "kilos": 3 }\n}\n', '@'],
  ['conf/box.toml', '[tare]\nkilos = 1\n\n[@]\nkilos = 3\n', '@'],
  ['conf/box.ini', '[tare]\nkilos = 1\n\n[@]\nkilos = 3\n', '@'],
  ['conf/box.properties', 'tare.kilos=1\n@.kilos=3\n', '@.kilos'],
  ['conf/.env', 'TARE=1\n@_KILOS=3\n', '@_KILOS'],
  ['requirements.txt', 'numpy==1.0\n@==3.0\n', '@'],
  ['apple/Box.strings', '"tare" = "Tare";\n"@" = "A box of 3 kilos";\n', '@'],
  ['text/box.po', 'msgid "Tare"\nmsgstr "Tara"\n\nmsgid "The @"\nmsgstr "Kiste"\n', 'The @'],
  ['conf/box.xml', '<boxes>\n  <box name="tare" kilos="1"/>\n  <box name="@" kilos="3"/>\n</boxes>\n', 'boxes.box#@'],
  ['db/box.sql', 'CREATE TABLE tare (\n  kilos INT\n);\n\nCREATE TABLE @ (\n  kilos INT\n);\n', '@'],
  [
    'infra/box.tf',
    'resource "box" "tare" {\n  kilos = 1\n}\n\nresource "box" "@" {\n  kilos = 3\n}\n',
    'resource.box.@',
  ],
  ['image/Dockerfile', 'FROM scratch AS tare\nCOPY . .\n\nFROM scratch AS @\nCOPY . .\n', '@'],
  ['make/Makefile', 'tare:\n\techo 1\n\n@:\n\techo 3\n', '@'],
  ['just/justfile', 'tare:\n  echo 1\n\n@:\n  echo 3\n', '@'],
  [
    'cmake/CMakeLists.txt',
    'option(TARE "tare" OFF)\n\nfunction(weigh_@ kilos)\n  message("${kilos}")\nendfunction()\n',
    'weigh_@',
  ],
  ['gradle/build.gradle', 'task tare {\n  println 1\n}\n\ntask @ {\n  println 3\n}\n', '@'],
  ['bazel/BUILD', 'cc_library(\n    name = "tare",\n)\n\ncc_library(\n    name = "@",\n)\n', '@'],
  ['meson/meson.build', "executable('tare', 'tare.c')\nexecutable('@', 'box.c')\n", '@'],
  ['nix/box.nix', '{\n  tare = 1;\n  @ = 3;\n}\n', '@'],
  [
    'proxy/nginx.conf',
    'server {\n  location /tare {\n    return 200;\n  }\n  location /@ {\n    return 404;\n  }\n}\n',
    'server.location /@',
  ],
  ['rpc/box.proto', 'message Tare {\n  int32 kilos = 1;\n}\n\nmessage ^ {\n  int32 kilos = 1;\n}\n', '^'],
  ['api/box.graphql', 'type Tare {\n  kilos: Int\n}\n\ntype ^ {\n  kilos: Int\n}\n', '^'],
  ['rpc/box.thrift', 'struct Tare {\n  1: i32 kilos\n}\n\nstruct ^ {\n  1: i32 kilos\n}\n', '^'],
  ['db/box.prisma', 'model Tare {\n  kilos Int\n}\n\nmodel ^ {\n  kilos Int\n}\n', '^'],
  ['style/box.css', '.tare {\n  color: red;\n}\n\n.@ {\n  color: blue;\n}\n', '.@'],
  ['style/box.scss', '.tare {\n  color: red;\n}\n\n@mixin @-box {\n  color: blue;\n}\n', '@-box'],
  ['perl/weigh.pl', 'sub tare {\n  return 1;\n}\n\nsub weigh_@ {\n  return $_[0] - 1;\n}\n', 'weigh_@'],
  ['r/weigh.R', 'tare <- function() {\n  1\n}\n\nweigh_@ <- function(kilos) {\n  kilos - 1\n}\n', 'weigh_@'],
  ['nu/weigh.nu', 'def tare [] {\n  1\n}\n\ndef weigh-@ [kilos: int] {\n  $kilos - 1\n}\n', 'weigh-@'],
  [
    'awk/weigh.awk',
    'function tare() {\n  return 1\n}\n\nfunction weigh_@(kilos) {\n  return kilos - 1\n}\n',
    'weigh_@',
  ],
  ['clj/weigh.clj', '(defn tare []\n  1)\n\n(defn weigh-@ [kilos]\n  (- kilos 1))\n', 'weigh-@'],
  ['erl/weigh.erl', '-module(weigh).\n\ntare() ->\n    1.\n\nweigh_@(Kilos) ->\n    Kilos - 1.\n', 'weigh_@'],
  ['elm/Weigh.elm', 'module Weigh exposing (..)\n\n\ntare =\n    1\n\n\nweigh^ kilos =\n    kilos - 1\n', 'weigh^'],
  ['fs/Weigh.fs', 'module Weigh\n\nlet tare () = 1\n\nlet weigh^ kilos =\n    kilos - 1\n', 'weigh^'],
  ['nim/weigh.nim', 'proc tare(): int =\n  1\n\nproc weigh^(kilos: int): int =\n  kilos - 1\n', 'weigh^'],
  ['fish/weigh.fish', 'function tare\n  echo 1\nend\n\nfunction weigh_@\n  math $argv[1] - 1\nend\n', 'weigh_@'],
  [
    'vim/weigh.vim',
    'function! Tare()\n  return 1\nendfunction\n\nfunction! Weigh^(kilos)\n  return a:kilos - 1\nendfunction\n',
    'Weigh^',
  ],
  [
    'vb/Weigh.vb',
    'Module Scale\n  Function Tare()\n    Return 1\n  End Function\n\n  Function Weigh^(kilos)\n    Return kilos - 1\n  End Function\nEnd Module\n',
    'Scale.Weigh^',
  ],
  [
    'fortran/weigh.f90',
    'function tare() result(k)\n  k = 1\nend function\n\nfunction weigh_@(kilos) result(k)\n  k = kilos - 1\nend function\n',
    'weigh_@',
  ],
  [
    'pascal/weigh.pas',
    'function Tare: Integer;\nbegin\n  Tare := 1;\nend;\n\nfunction Weigh^(kilos: Integer): Integer;\nbegin\n  Weigh^ := kilos - 1;\nend;\n',
    'Weigh^',
  ],
  ['hdl/weigh.v', 'module tare(input k);\nendmodule\n\nmodule weigh_@(input k);\nendmodule\n', 'weigh_@'],
  [
    'tcl/weigh.tcl',
    'proc tare {} {\n  return 1\n}\n\nproc weigh_@ {kilos} {\n  return [expr $kilos - 1]\n}\n',
    'weigh_@',
  ],
  [
    'gpu/weigh.glsl',
    'float tare() {\n  return 1.0;\n}\n\nfloat weigh_@(float kilos) {\n  return kilos - 1.0;\n}\n',
    'weigh_@',
  ],
]

/** The thing of each example: words of which none is part of another. */
const THINGS =
  `anvil banjo canoe dynamo eggplant fiddle goblet hammock igloo jigsaw kettle lantern mandolin napkin ocarina paddle quiver
  rucksack saddle teapot ukulele violin walnut xylophone yoghurt zeppelin abacus bagpipe candle doorbell easel ferret guitar hubcap
  inkwell javelin kayak ladle mitten necktie oboe pumpkin quilt radish sandal thimble umbrella vase wagon yarn accordion basket
  cupboard drawbridge envelope flute gramophone harmonica icicle jacket kimono locket magnet nutmeg olive pebble raft spoon tricycle
  urn velvet whistle yacht apricot bicycle compass dagger emerald funnel glove hedgehog iris juggler`.split(/\s+/)

function about(text: string, thing: string): string {
  const capital = `${thing[0]?.toUpperCase()}${thing.slice(1)}`
  return text
    .replaceAll(/(?<![a-z])@(?=mixin|implementation|end)/g, '\0')
    .replaceAll('@', thing)
    .replaceAll('^', capital)
    .replaceAll('\0', '@')
}

const CASES = EXAMPLES.map(([path, text, place], index) => {
  const thing = THINGS[index] ?? ''
  return { path, text: about(text, thing), place: about(place, thing), thing }
})

let workspace: RepositoryWorkspace

beforeAll(() => {
  const files = Object.fromEntries(CASES.map(({ path, text }) => [path, text]))
  workspace = createWorkspace({ repository: writeFiles(lastingFolder(), files) })
})
afterAll(() => workspace.close())

test('each language and type of file has an example', () => {
  const found = new Set<string | undefined>(CASES.map(({ path }) => languageOf(path) ?? outlineKindOf(path)))
  expect([...LANGUAGES, ...Object.keys(FILE_KINDS)].filter((kind) => !found.has(kind))).toEqual([])
  expect(THINGS.length).toBeGreaterThanOrEqual(CASES.length)
})

test.each(CASES)('finds $place in $path', async ({ path, place, thing }) => {
  const issue = `The ${thing} comes out wrong\n\nIt should be smaller.`
  const found = await workspace.locate({ issue, policy: createEmbeddedPolicy() })
  expect(found.files[0]?.path).toBe(path)
  const names = found.files[0]?.functions.map(({ name }) => name) ?? []
  // A part inside the place is also accepted.
  expect(names.filter((name) => `${name}.`.startsWith(`${place}.`))).not.toEqual([])
})
