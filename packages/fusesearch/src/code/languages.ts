import type { Language } from './definition.ts'

/** Extensions of each language, without the dot. A `.h` file may be C or C++: the C++ grammar reads both. */
const EXTENSIONS: Readonly<Record<Language, string>> = {
  c: 'c',
  cpp: 'cc cpp cxx c++ h hh hpp hxx h++ ipp inl tpp cu cuh ino',
  csharp: 'cs csx',
  go: 'go',
  java: 'java',
  javascript: 'js jsx mjs cjs es6',
  kotlin: 'kt kts',
  php: 'php php5 php7 phtml inc',
  python: 'py pyi pyw',
  ruby: 'rb rake gemspec ru',
  rust: 'rs',
  scala: 'scala sc sbt',
  swift: 'swift',
  tsx: 'tsx',
  typescript: 'ts mts cts',
}

/** Base names without an extension that identify a language. */
const BASE_NAMES: ReadonlyMap<string, Language> = new Map([
  ['rakefile', 'ruby'],
  ['gemfile', 'ruby'],
  ['sconstruct', 'python'],
  ['wscript', 'python'],
])

const BY_EXTENSION: ReadonlyMap<string, Language> = new Map(
  Object.entries(EXTENSIONS).flatMap(([language, extensions]) =>
    extensions.split(' ').map((extension): [string, Language] => [extension, language as Language]),
  ),
)

/** Every language whose functions can be found, in alphabetical order. */
export const LANGUAGES: readonly Language[] = Object.keys(EXTENSIONS) as Language[]

/**
 * The language of a file, by its name alone (either slash may separate folders). `undefined` for every other file: a
 * search still finds its path and lines, but no definitions.
 */
export function languageOf(path: string): Language | undefined {
  const base = path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1).toLowerCase()
  const dot = base.lastIndexOf('.')
  return dot > 0 ? BY_EXTENSION.get(base.slice(dot + 1)) : BASE_NAMES.get(base)
}
