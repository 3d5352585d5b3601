/** A file that the issue names, with the line where it gives one. `path` is as written, with `/`. */
export interface PathMention {
  readonly path: string
  readonly line: number | undefined
}

/** Extensions of files that an issue may name. */
const EXTENSIONS =
  'py|pyx|pyi|ipynb|js|jsx|mjs|cjs|ts|tsx|mts|cts|vue|svelte|astro|java|kt|kts|scala|groovy|clj|cljs|cljc|edn|go|rs|c|cc|cpp|cxx|h|hh|hpp|cu|cs|fs|vb|csproj|rb|erb|rake|gemspec|php|swift|dart|lua|pl|pm|r|jl|ex|exs|eex|heex|erl|hrl|hs|cabal|ml|mli|elm|nim|zig|sv|vhd|sol|html|htm|xhtml|xml|xsd|xsl|svg|css|scss|sass|less|styl|hbs|jinja2?|j2|tmpl|tpl|twig|liquid|cfg|conf|toml|ini|json5?|jsonc|ya?ml|properties|rst|md|mdx|adoc|txt|sh|bash|zsh|fish|nu|ps1|psm1|bat|cmd|awk|sql|proto|graphql|gql|thrift|tf|tfvars|hcl|nix|bzl|gradle|cmake|mk|in|po|pot|strings|arb|resx'
/** Files with a well-known name and without an extension, or with one that says nothing. */
const OWN_NAMES =
  'Dockerfile|Containerfile|Makefile|GNUmakefile|Rakefile|Gemfile|Jenkinsfile|Vagrantfile|Procfile|Brewfile|Podfile|Fastfile|Justfile|justfile|Snakefile|BUILD|WORKSPACE|SConstruct|CODEOWNERS|\\.[a-z]+(?:rc|ignore|attributes|config)|\\.env'

/**
 * A match starts at the start of a run of path characters or right behind the line number of the previous mention. Any
 * other start would fail too, after reading the rest of the run again.
 */
const PATH = new RegExp(
  String.raw`(?:(?<![\w@.+~/\\-])|(?<=(?:#L|:)\d{1,9}))(?:[A-Za-z]:)?[\w@.+~/\\-]*(?:[\w+-]\.(?:${EXTENSIONS})(?![\w.]*\w@)\b|(?<![\w.-])(?:${OWN_NAMES})(?![\w.]))(?:#L(\d+)|:(\d+))?`,
  'g',
)

/** Paths named anywhere in the text, repository links (`…/blob/<ref>/a/b.py#L3`) included, first mention first. */
export function findPaths(text: string): readonly PathMention[] {
  const found = new Map<string, PathMention>()
  for (const match of text.matchAll(PATH)) {
    const path = cleanPath(match[0].replace(/(?:#L\d+|:\d+)$/, ''))
    const line = Number(match[1] ?? match[2]) || undefined
    const key = `${path}:${line ?? ''}`
    if (path !== '' && !found.has(key)) found.set(key, { path, line })
  }
  return [...found.values()]
}

/** Forward slashes, no drive, no leading dots; what stands before `site-packages`, `blob/<ref>` and the like is the reporter's machine. */
export function cleanPath(path: string): string {
  return path
    .replaceAll('\\', '/')
    .replace(
      /^(?:webpack|webpack-internal|app|vite|file|https?|capacitor|ng|rsc|node):\/{2,3}(?:[\w.-]+(?::\d+)?(?=\/))?/,
      '',
    )
    .replace(/^\/?[A-Za-z]:/, '')
    .replace(/^\/?(?:@fs|_next|\(\w+\))\//, '/')
    .replace(/^.*\/(?:site-packages|dist-packages|node_modules|gems)\//, '')
    .replace(/^.*\/(?:blob|tree|raw)\/[^/]+\//, '')
    .replace(/^(?:\.{0,2}\/)+/, '')
}
