/** A type of file that has an outline, and how its path identifies it. */
export interface FileKind {
  readonly title: string
  /** Without the dot, separated by spaces, in lower case. */
  readonly extensions?: string
  /** Base names in lower case, separated by spaces; `NAME.*` allows any extension. */
  readonly names?: string
  /** Interpreters of a `#!` line, without version. */
  readonly interpreters?: string
  /** What counts as a function and what as a named type or block, for people; empty if nothing does. */
  readonly functions: string
  readonly blocks: string
}

/** Every type of file with an outline, except the languages of `LANGUAGES`. */
const KINDS = {
  bash: {
    title: 'Shell',
    extensions: 'sh bash zsh ksh bats command ebuild',
    names: '.bashrc .bash_profile .profile .zshrc .zprofile .envrc pkgbuild apkbuild',
    interpreters: 'sh bash zsh ksh dash ash bats',
    functions: 'functions',
    blocks: 'variables at the top',
  },
  powershell: {
    title: 'PowerShell',
    extensions: 'ps1 psm1 psd1',
    interpreters: 'pwsh powershell',
    functions: 'functions, methods',
    blocks: 'classes, enums',
  },
  dart: {
    title: 'Dart',
    extensions: 'dart',
    interpreters: 'dart',
    functions: 'functions, methods, constructors, getters',
    blocks: 'classes, mixins, extensions, enums',
  },
  solidity: {
    title: 'Solidity',
    extensions: 'sol',
    functions: 'functions, modifiers, constructors',
    blocks: 'contracts, interfaces, libraries, structs, enums',
  },
  lua: {
    title: 'Lua',
    extensions: 'lua luau rockspec',
    interpreters: 'lua luajit',
    functions: 'functions',
    blocks: 'variables at the top',
  },
  elixir: {
    title: 'Elixir',
    extensions: 'ex exs',
    interpreters: 'elixir',
    functions: 'functions, macros, tests',
    blocks: 'modules, protocols, attributes',
  },
  zig: {
    title: 'Zig',
    extensions: 'zig',
    functions: 'functions, tests',
    blocks: 'structs, enums, unions, constants',
  },
  julia: {
    title: 'Julia',
    extensions: 'jl',
    interpreters: 'julia',
    functions: 'functions, macros',
    blocks: 'modules, structs',
  },
  haskell: {
    title: 'Haskell',
    extensions: 'hs',
    interpreters: 'runhaskell stack',
    functions: 'functions',
    blocks: 'data types, classes, instances',
  },
  ocaml: {
    title: 'OCaml, Standard ML',
    extensions: 'ml mli re sml',
    interpreters: 'ocaml',
    functions: 'functions, methods',
    blocks: 'modules, types, classes, values',
  },
  objc: {
    title: 'Objective-C',
    extensions: 'm mm',
    functions: 'methods, functions',
    blocks: 'interfaces, implementations, protocols',
  },
  // A script in a frame.
  vue: { title: 'Vue', extensions: 'vue', functions: 'functions of the script', blocks: 'classes, sections' },
  svelte: { title: 'Svelte', extensions: 'svelte', functions: 'functions of the script', blocks: 'classes, sections' },
  astro: {
    title: 'Astro',
    extensions: 'astro',
    functions: 'functions of the front matter and scripts',
    blocks: 'classes, sections',
  },
  notebook: {
    title: 'Jupyter notebooks',
    extensions: 'ipynb',
    functions: 'functions of code cells',
    blocks: 'classes, cells',
  },
  html: {
    title: 'HTML and templates',
    extensions:
      'html htm xhtml jinja jinja2 j2 njk twig hbs handlebars mustache ejs erb liquid cshtml razor aspx jsp gohtml tmpl tpl',
    functions: 'functions of scripts',
    blocks: 'landmarks, elements with an id or name, template blocks',
  },
  // Prose.
  markdown: { title: 'Markdown', extensions: 'md mdx markdown mkd mdc qmd rmd', functions: '', blocks: 'sections' },
  rst: { title: 'reStructuredText', extensions: 'rst', functions: '', blocks: 'sections' },
  asciidoc: { title: 'AsciiDoc, Typst', extensions: 'adoc asciidoc asc typ', functions: '', blocks: 'sections' },
  org: { title: 'Org', extensions: 'org', functions: '', blocks: 'sections' },
  latex: { title: 'LaTeX', extensions: 'tex ltx sty', functions: '', blocks: 'sections' },
  gherkin: { title: 'Gherkin', extensions: 'feature', functions: 'scenarios', blocks: 'features, rules' },
  // Settings and data.
  yaml: {
    title: 'YAML',
    extensions: 'yml yaml',
    names: '.clang-format .clang-tidy',
    functions: 'jobs of workflows',
    blocks: 'upper keys, named items and steps',
  },
  json: {
    title: 'JSON',
    extensions: 'json jsonc json5 webmanifest arb code-workspace xcstrings geojson',
    names: '.babelrc .eslintrc .prettierrc .swcrc composer.lock',
    functions: '',
    blocks: 'upper keys, named items',
  },
  toml: { title: 'TOML', extensions: 'toml', names: 'pipfile', functions: '', blocks: 'sections, keys' },
  ini: {
    title: 'INI',
    extensions: 'ini cfg conf cnf desktop service timer socket inf editorconfig',
    names: '.editorconfig .gitconfig .npmrc .pylintrc .flake8 .coveragerc pylintrc',
    functions: '',
    blocks: 'sections, keys',
  },
  properties: { title: 'Properties', extensions: 'properties', functions: '', blocks: 'keys' },
  env: { title: 'Environment files', extensions: 'env', names: '.env .env.*', functions: '', blocks: 'variables' },
  requirements: {
    title: 'Requirement lists',
    names: 'requirements.txt requirements.in constraints.txt requirements-dev.txt dev-requirements.txt',
    functions: '',
    blocks: 'requirements',
  },
  strings: { title: 'Apple strings', extensions: 'strings', functions: '', blocks: 'keys' },
  gettext: { title: 'Gettext', extensions: 'po pot', functions: '', blocks: 'messages' },
  xml: {
    title: 'XML',
    extensions:
      'xml xsd xsl xslt svg plist xaml axaml csproj fsproj vbproj props targets resx xlf xliff wsdl storyboard xib nuspec config rng ui qrc fxml kml',
    functions: '',
    blocks: 'upper elements, elements with an id or name',
  },
  sql: {
    title: 'SQL',
    extensions: 'sql psql pgsql ddl dml plsql pks pkb mysql hql',
    functions: 'functions, procedures, triggers',
    blocks: 'statements, columns of tables',
  },
  // Building and running.
  hcl: { title: 'Terraform, HCL', extensions: 'tf tfvars hcl nomad tofu', functions: '', blocks: 'blocks, attributes' },
  dockerfile: {
    title: 'Dockerfile',
    extensions: 'dockerfile containerfile',
    names: 'dockerfile dockerfile.* containerfile containerfile.*',
    functions: '',
    blocks: 'stages, instructions',
  },
  make: {
    title: 'Makefile',
    extensions: 'mk mak make',
    names: 'makefile gnumakefile makefile.*',
    interpreters: 'make',
    functions: 'targets',
    blocks: 'variables',
  },
  just: {
    title: 'Justfile',
    extensions: 'just',
    names: 'justfile .justfile',
    interpreters: 'just',
    functions: 'recipes',
    blocks: 'variables',
  },
  cmake: {
    title: 'CMake',
    extensions: 'cmake',
    names: 'cmakelists.txt',
    functions: 'functions, macros, targets',
    blocks: 'commands, variables, options',
  },
  groovy: {
    title: 'Groovy, Gradle, Jenkins',
    extensions: 'groovy gradle gvy',
    names: 'jenkinsfile jenkinsfile.*',
    interpreters: 'groovy',
    functions: 'functions, tasks, stages',
    blocks: 'classes, blocks, assignments',
  },
  bazel: {
    title: 'Bazel',
    extensions: 'bzl bazel star',
    names: 'build workspace buck tiltfile',
    functions: 'functions',
    blocks: 'targets, variables',
  },
  meson: { title: 'Meson', names: 'meson.build meson_options.txt', functions: 'targets', blocks: 'variables' },
  nix: { title: 'Nix', extensions: 'nix', functions: '', blocks: 'attributes' },
  conf: {
    title: 'nginx, Caddy, Puppet',
    extensions: 'nginx pp',
    names: 'nginx.conf caddyfile haproxy.cfg',
    functions: '',
    blocks: 'blocks',
  },
  // Interfaces and styles.
  proto: {
    title: 'Protocol Buffers',
    extensions: 'proto',
    functions: 'rpcs',
    blocks: 'messages, services, enums, fields',
  },
  graphql: {
    title: 'GraphQL',
    extensions: 'graphql gql graphqls',
    functions: 'queries, mutations, fragments',
    blocks: 'types, fields',
  },
  thrift: { title: 'Thrift, FlatBuffers', extensions: 'thrift fbs', functions: '', blocks: 'structs, services' },
  prisma: { title: 'Prisma', extensions: 'prisma', functions: '', blocks: 'models, enums' },
  css: { title: 'CSS', extensions: 'css pcss postcss wxss', functions: '', blocks: 'rules, variables' },
  scss: {
    title: 'Sass, Less',
    extensions: 'scss less styl',
    functions: 'mixins, functions',
    blocks: 'rules, variables',
  },
  // Other languages.
  perl: {
    title: 'Perl',
    extensions: 'pl pm t psgi',
    interpreters: 'perl',
    functions: 'subs',
    blocks: 'packages, constants',
  },
  r: { title: 'R', extensions: 'r', interpreters: 'rscript', functions: 'functions', blocks: 'classes, variables' },
  nushell: {
    title: 'Nushell',
    extensions: 'nu',
    interpreters: 'nu',
    functions: 'commands',
    blocks: 'modules, constants',
  },
  awk: { title: 'AWK', extensions: 'awk', interpreters: 'awk gawk mawk', functions: 'functions', blocks: '' },
  lisp: {
    title: 'Clojure, Lisp, Scheme',
    extensions: 'clj cljs cljc edn bb lisp lsp cl el scm ss rkt fnl hy',
    interpreters: 'bb emacs sbcl racket guile',
    functions: 'functions, macros',
    blocks: 'types, variables',
  },
  erlang: {
    title: 'Erlang',
    extensions: 'erl hrl escript',
    interpreters: 'escript',
    functions: 'functions',
    blocks: 'records, macros, types',
  },
  elm: {
    title: 'Elm, PureScript, Idris, Agda',
    extensions: 'elm purs idr agda lhs hsc',
    functions: 'functions',
    blocks: 'types',
  },
  fsharp: { title: 'F#', extensions: 'fs fsi fsx', functions: 'functions, members', blocks: 'modules, types, values' },
  indented: {
    title: 'Cython, Nim, GDScript',
    extensions: 'pyx pxd pxi nim nims gd',
    functions: 'functions',
    blocks: 'classes, constants',
  },
  ended: {
    title: 'Crystal, fish',
    extensions: 'cr fish',
    interpreters: 'fish crystal',
    functions: 'functions',
    blocks: 'classes, modules, constants',
  },
  vim: {
    title: 'Vim script',
    extensions: 'vim',
    names: '.vimrc vimrc',
    functions: 'functions, commands',
    blocks: 'groups, variables',
  },
  basic: {
    title: 'Visual Basic',
    extensions: 'vb bas vbs cls frm',
    functions: 'subs, functions, properties',
    blocks: 'classes, modules, constants',
  },
  fortran: {
    title: 'Fortran',
    extensions: 'f f77 f90 f95 f03 f08 for',
    functions: 'subroutines, functions',
    blocks: 'modules, types',
  },
  pascal: {
    title: 'Pascal',
    extensions: 'pas dpr lpr',
    functions: 'procedures, functions',
    blocks: 'classes, records',
  },
  hdl: {
    title: 'Verilog, VHDL',
    extensions: 'v sv svh vh vhd vhdl',
    functions: 'functions, tasks, processes',
    blocks: 'modules, entities',
  },
  tcl: {
    title: 'Tcl',
    extensions: 'tcl exp tm',
    interpreters: 'tclsh wish expect',
    functions: 'procs, tests',
    blocks: 'namespaces',
  },
  clike: {
    title: 'GLSL, HLSL, WGSL, Metal, Haxe, D, Vala, Gleam and other C-like languages',
    extensions:
      'glsl vert frag comp geom hlsl fx wgsl metal hx d vala gleam odin apex trigger as move cairo mojo zeek y l',
    functions: 'functions',
    blocks: 'types, constants',
  },
} as const satisfies Record<string, FileKind>

/** A type of file with an outline. */
export type OutlineKind = keyof typeof KINDS

export const FILE_KINDS: Readonly<Record<OutlineKind, FileKind>> = KINDS

const BY_EXTENSION = byWords(({ extensions }) => extensions)
const BY_NAME = byWords(({ names }) => names)
const BY_INTERPRETER = byWords(({ interpreters }) => interpreters)

function byWords(wordsOf: (kind: FileKind) => string | undefined): ReadonlyMap<string, OutlineKind> {
  const words = new Map<string, OutlineKind>()
  for (const [id, kind] of Object.entries(FILE_KINDS))
    for (const word of wordsOf(kind)?.split(' ') ?? []) if (!words.has(word)) words.set(word, id as OutlineKind)
  return words
}

/**
 * The type of a file that is in no language of `LANGUAGES`: by its name or, if that doesn't tell, by its `#!` line.
 * `undefined` for an unknown type.
 */
export function outlineKindOf(path: string, firstLine = ''): OutlineKind | undefined {
  const base = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).toLowerCase()
  const dot = base.lastIndexOf('.')
  const named = BY_NAME.get(base) ?? BY_NAME.get(`${base.slice(0, base.indexOf('.', 1))}.*`)
  if (named !== undefined) return named
  const byExtension = dot > 0 ? BY_EXTENSION.get(base.slice(dot + 1)) : undefined
  return byExtension ?? BY_INTERPRETER.get(interpreterOf(firstLine) ?? '')
}

/** The program of a `#!` line, without its folder and version: `#!/usr/bin/env -S python3 -u` is `python`. */
export function interpreterOf(firstLine: string): string | undefined {
  const line = firstLine.slice(0, 200)
  if (!line.startsWith('#!')) return undefined
  const words = line.slice(2).trim().split(/\s+/)
  const program = words.find((word, at) => {
    if (at === 0) return !/(?:^|[\\/])env$/.test(word)
    return !word.startsWith('-') && !word.includes('=')
  })
  return program === undefined
    ? undefined
    : program
        .slice(program.lastIndexOf('/') + 1)
        .toLowerCase()
        .replace(/[\d.]+$/, '')
}
