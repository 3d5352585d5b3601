import { languageOf } from '../../code/index.ts'

/** What a path is for, judged from its name alone. */
export type PathRole = 'source' | 'test' | 'document' | 'example' | 'data'

const TEST =
  /(?:^|\/)(?:tests?|testing|e2e|__tests__|spec|specs|testdata|test-data|fixtures?|mocks?|__mocks__)\/|(?:^|\/)(?:test_[^/]*|conftest\.py|[^/]*[_-]tests?\.[^/]+|[^/]*\.(?:test|spec)\.[^/]+|[^/]*_spec\.rb|[^/]*Tests?\.(?:java|kt|cs|scala|swift|php))$/
const DOCUMENT =
  /(?:^|\/)(?:docs?|documentation|changelogs?|releasenotes|whatsnew|man)\/|\.(?:rst|md|mdx|txt|adoc|tex|html?|ipynb)$|(?:^|\/)(?:CHANGES|CHANGELOG|HISTORY|NEWS|README|AUTHORS|LICENSE)[^/]*$/i
const EXAMPLE =
  /(?:^|\/)(?:examples?|demos?|samples?|tutorials?|galler(?:y|ies)|benchmarks?|asv_bench|bench|notebooks?|playground)\//i
const SET_UP =
  /(?:^|\/)(?:setup|ez_setup|_?version|versioneer|conf|noxfile|tasks|fabfile)\.py$|(?:^|\/)(?:vendor|third_party|thirdparty|_vendor|extern|externals|node_modules|dist|build|\.github|ci|tools|scripts|bin|release)\//i

const GENERATED = /[.-](?:min|bundle|generated)\.\w+$|(?:_pb2(?:_grpc)?\.py|\.pb\.go|\.g\.dart|\.designer\.cs)$/i

/** The role of a path; `isSetUp` marks build scripts and code copied from elsewhere. */
export function roleOf(path: string): PathRole {
  if (TEST.test(path)) return 'test'
  if (EXAMPLE.test(path)) return 'example'
  if (GENERATED.test(path)) return 'data'
  if (languageOf(path) !== undefined) return /(?:^|\/)docs?\//i.test(path) ? 'document' : 'source'
  return DOCUMENT.test(path) ? 'document' : 'data'
}

/** True for build scripts, continuous integration and vendored code. */
export function isSetUp(path: string): boolean {
  return SET_UP.test(path)
}

/** True for the file that stands for its folder, whose own name says nothing. */
export function isPackageFile(path: string): boolean {
  return /(?:^|\/)(?:__init__\.pyi?|index\.[cm]?[jt]sx?|mod\.rs)$/.test(path)
}

/** Globs that take tests, documents and examples out of a search. */
export const EXCLUDED_GLOBS: readonly string[] = [
  '!**/{test,tests,testing,e2e,__tests__,spec,specs,testdata,fixtures}/**',
  '!**/{test_*,*_test.*,*.test.*,*.spec.*,*_spec.rb,*Test.java,*Tests.java,conftest.py}',
  '!**/{doc,docs,documentation,examples,example,demos,samples,benchmarks,changelog,node_modules}/**',
  '!**/*.{rst,md,mdx,txt,html,ipynb,po,mo,pot,svg,csv,lock,map,snap,png,jpg,gif,ico,pdf,gz,zip,woff,woff2,ttf}',
]

/** The file's name without its extension. */
export function stemOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const dot = name.indexOf('.', 1)
  return dot === -1 ? name : name.slice(0, dot)
}

/** Number of trailing path parts that two paths share; 0 when the file names differ. */
export function sharedSuffix(a: string, b: string): number {
  const left = a.split('/').reverse()
  const right = b.split('/').reverse()
  let shared = 0
  while (shared < left.length && shared < right.length && left[shared] === right[shared]) shared += 1
  return shared
}
