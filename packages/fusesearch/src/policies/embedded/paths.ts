import { languageOf } from '../../code/index.ts'

/**
 * What a path is for, judged from its name alone. `config` holds settings and data that people write, `translation` the
 * texts of a user interface, `generated` what a tool wrote or what was copied from elsewhere.
 */
export type PathRole = 'source' | 'test' | 'document' | 'example' | 'config' | 'translation' | 'generated' | 'data'

const TEST =
  /(?:^|\/)(?:tests?|testing|e2e|__tests__|spec|specs|test-d|testdata|test-data|fixtures?|mocks?|__mocks__|__snapshots__)\/|(?:^|\/)(?:test_[^/]*|conftest\.py|[^/]*[_-]tests?\.[^/]+|[^/]*\.(?:test|spec|test-d|stories)\.[^/]+|[^/]*_spec\.rb|[^/]*Tests?\.(?:java|kt|cs|scala|swift|php))$/
const DOCUMENT =
  /(?:^|\/)(?:docs?|documentation|changelogs?|releasenotes|whatsnew|man)\/|\.(?:rst|md|mdx|adoc|tex|ipynb)$|(?:^|\/)(?:CHANGES|CHANGELOG|HISTORY|NEWS|README|AUTHORS|LICENSE|CONTRIBUTING)[^/]*$/i
const EXAMPLE =
  /(?:^|\/)(?:examples?|demos?|samples?|tutorials?|galler(?:y|ies)|benchmarks?|asv_bench|bench|notebooks?|playground)\//i
const SET_UP =
  /(?:^|\/)(?:setup|ez_setup|_?version|versioneer|conf|noxfile|tasks|fabfile)\.py$|(?:^|\/)(?:vendor|third_party|thirdparty|_vendor|extern|externals|node_modules|dist|build|\.github|ci|tools|scripts|bin|release)\//i

/** Written by a tool, or copied from another project: by name or folder. */
const GENERATED =
  /[.-](?:min|bundle|generated)\.\w+$|(?:_pb2(?:_grpc)?\.py|\.pb\.go|\.g\.dart|\.freezed\.dart|\.designer\.cs|\.g\.cs)$|(?:^|\/)(?:vendor|vendored|third[_-]?party|bundled|node_modules|_vendor|externals?|Pods)\/|(?:^|\/)(?:package-lock\.json|npm-shrinkwrap\.json|[\w.-]*\.lock|yarn\.lock|pnpm-lock\.yaml|go\.sum)$|\.(?:map|snap)$/i
const TRANSLATION =
  /(?:^|\/)(?:i18n|l10n|locales?|lang(?:uage)?s?|translations?|messages?)\/[^.]*\.[^/]*$|\.(?:po|pot|strings|arb|xliff?|resx|ftl)$|(?:^|\/)(?:strings|messages(?:_\w+)?)\.(?:xml|properties|json|ya?ml)$/i
const CONFIG =
  /\.(?:json|json5|jsonc|ya?ml|toml|ini|cfg|conf|properties|xml|env|editorconfig|plist|csv|tsv|txt|in)$|(?:^|\/)\.[\w.-]+$/i
/** Code in languages that have no grammar here, and files with instructions for a tool. */
const CODE =
  /\.(?:vue|svelte|astro|dart|lua|moon|ex|exs|eex|heex|erl|hrl|hs|elm|ml|mli|fs|fsx|clj|cljs|cljc|groovy|gradle|jl|r|pl|pm|zig|nim|sol|sv|vhd|cu|m|mm|pas|f90|sh|bash|zsh|fish|nu|ps1|psm1|bat|cmd|awk|sql|proto|graphql|gql|thrift|tf|hcl|nix|bzl|cmake|mk|html?|xhtml|css|scss|sass|less|styl|hbs|jinja2?|j2|tmpl|tpl|twig|liquid|erb|haml|slim|pug)$|(?:^|\/)(?:Dockerfile|Containerfile|Makefile|GNUmakefile|Rakefile|Gemfile|Jenkinsfile|Vagrantfile|Procfile|Brewfile|Podfile|Fastfile|Justfile|justfile|Snakefile|BUILD|WORKSPACE|SConstruct|CMakeLists\.txt)(?:\.[\w-]+)?$|(?:^|\/)\.github\/(?:workflows|actions)\//

/** Files whose name is that of their tool. */
const OWN_NAME =
  /(?:^|\/)(?:[A-Z]\w*file|CMakeLists\.txt|[Jj]ustfile)(?:\.[\w-]+)?$|(?:^|\/)\.github\/(?:workflows|actions)\//

/** The role of a path; {@link isSetUp} marks build scripts besides. */
export function roleOf(path: string): PathRole {
  if (GENERATED.test(path)) return 'generated'
  if (TEST.test(path)) return 'test'
  if (EXAMPLE.test(path)) return 'example'
  if (TRANSLATION.test(path)) return 'translation'
  if (languageOf(path) !== undefined || CODE.test(path)) return /(?:^|\/)docs?\//i.test(path) ? 'document' : 'source'
  if (DOCUMENT.test(path)) return 'document'
  if (CONFIG.test(path)) return 'config'
  // A script without an extension is source; so is nothing else that has no name for its kind.
  return /(?:^|\/)(?:s?bin|libexec(?:\/[\w-]+)?|scripts?|tools|hooks)\/[\w-]+$/.test(path) ? 'source' : 'data'
}

/** Declarations, completions of a shell, and copies that are kept as they were: second to what implements them. */
export function isSecondary(path: string): boolean {
  return /\.d\.[cm]?ts$|(?:^|\/)(?:completions?|legacy|deprecated|archived?|old|frozen)\/|(?:^|\/)v\d+(?:_\d+)*\/[^/]*legacy/i.test(
    path,
  )
}

/** True for build scripts, continuous integration and vendored code. */
export function isSetUp(path: string): boolean {
  return SET_UP.test(path) && !OWN_NAME.test(path)
}

/** True for a project's settings for its tools, which a program may be said to read wrongly: few issues mean the project's own. */
export function isToolSettings(path: string): boolean {
  return /(?:^|\/)(?:package\.json|[jt]sconfig(?:\.[\w-]+)?\.json|composer\.json|Cargo\.toml|pyproject\.toml|setup\.cfg|tox\.ini|go\.mod|pom\.xml|Gemfile|requirements[\w-]*\.txt|\.(?:eslintrc|prettierrc|babelrc|editorconfig|gitignore|npmrc)(?:\.\w+)?)$/.test(
    path,
  )
}

/** True for the file that stands for its folder, whose own name says nothing. */
export function isPackageFile(path: string): boolean {
  return /(?:^|\/)(?:__init__\.pyi?|index\.[cm]?[jt]sx?|mod\.rs)$/.test(path)
}

/** Files that searches for text leave out. */
export const BINARY_GLOBS: readonly string[] = [
  '!**/*.{mo,svg,map,snap,png,jpg,jpeg,gif,ico,webp,pdf,gz,zip,woff,woff2,ttf,eot,mp4,wasm,bin,jar,class,so,dll,exe}',
  '!**/{package-lock.json,npm-shrinkwrap.json,yarn.lock,pnpm-lock.yaml,go.sum,Cargo.lock,poetry.lock,composer.lock,Gemfile.lock,node_modules}',
]

/** Globs that take tests, and what holds no text of people, out of a search. */
export const EXCLUDED_GLOBS: readonly string[] = [
  '!**/{test,tests,testing,e2e,__tests__,spec,specs,testdata,fixtures}/**',
  '!**/{test_*,*_test.*,*.test.*,*.spec.*,*_spec.rb,*Test.java,*Tests.java,conftest.py}',
  ...BINARY_GLOBS,
]

/** The file's name without its extension. */
export function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const tool = /^([A-Z]\w{2,})(?:file|Lists\.txt)/.exec(name)?.[1]
  if (tool !== undefined) return tool
  const dot = name.indexOf('.', 1)
  return dot === -1 ? name : name.slice(0, dot)
}

/** Folders that a compiler writes to, and those that hold what it reads: neither is part of what a module is called. */
const BUILD_FOLDERS =
  /(?:^|\/)(?:dist|build|out|lib|es|esm|cjs|umd|target|bin|obj|\.next|\.nuxt|public|static|assets|chunks?|src|source|classes)(?=\/)/g
const COMPILED = /\.(?:[cm]?js|css|class|pyc|html)$/
const SOURCE = /\.(?:[cm]?tsx?|[cm]?jsx?|vue|svelte|astro|scss|sass|less|coffee|kt|java|scala|py|pug|hbs)$/

/** What a path that a compiler may have written is called, without build folders and ending: `core/dist/price.js` is core/price. */
export function compiledKey(path: string): string | undefined {
  return COMPILED.test(path) ? moduleKey(path.replace(/(?:\.min|\.bundle|[.-][\da-f]{8,20})?\.\w+$/, '')) : undefined
}

/** The same of a path that a compiler may have read: `packages/core/src/price.ts` is packages/core/price. */
export function sourceKey(path: string): string | undefined {
  return SOURCE.test(path) ? moduleKey(path.replace(/\.\w+$/, '')) : undefined
}

function moduleKey(path: string): string {
  return path.replaceAll(BUILD_FOLDERS, '').replace(/^\//, '')
}

/** Number of trailing path parts that two paths share; 0 when the file names differ. */
export function sharedSuffix(a: string, b: string): number {
  const left = a.split('/').reverse()
  const right = b.split('/').reverse()
  let shared = 0
  while (shared < left.length && shared < right.length && left[shared] === right[shared]) shared += 1
  return shared
}
