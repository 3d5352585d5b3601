export type { BracketLanguage } from './brackets.ts'

import type { BracketLanguage, Head } from './brackets.ts'
import type { Lexis } from './lines.ts'

const C_LIKE: Lexis = { comments: ['//'], blockComment: ['/*', '*/'], quotes: '"\'`', longQuotes: '`' }
const HASH: Lexis = { comments: ['#'], quotes: '"\'' }

function bodies(kind: Head['kind'], ...patterns: RegExp[]): Head[] {
  return patterns.map((pattern) => ({ kind, pattern, extent: 'body' }))
}

function statements(kind: Head['kind'], ...patterns: RegExp[]): Head[] {
  return patterns.map((pattern) => ({ kind, pattern, extent: 'statement' }))
}

/** Terraform and other HCL: `resource "aws_instance" "web" {` is `resource.aws_instance.web`. */
export const hcl: BracketLanguage = {
  lexis: { comments: ['#', '//'], blockComment: ['/*', '*/'], quotes: '"' },
  heads: [
    ...bodies('block', /^(dynamic|[A-Za-z_][\w-]*)((?:[ \t]+"[^"]*"){0,4})[ \t]*\{/),
    ...statements('block', /^([A-Za-z_][\w-]*)[ \t]*=(?!=)/),
  ],
}

export const proto: BracketLanguage = {
  lexis: C_LIKE,
  heads: [
    ...bodies('class', /^(?:message|enum|service|oneof|extend)\s+([\w.]+)/),
    ...statements('function', /^rpc\s+(\w+)/),
    ...statements('block', /^(?:repeated |optional |required )?[\w.<>, ]{1,100} (\w+)\s*=\s*\d+/, /^(\w+)\s*=\s*-?\d+/),
  ],
}

export const graphql: BracketLanguage = {
  lexis: HASH,
  heads: [
    ...bodies('class', /^(?:extend\s+)?(?:type|interface|input|enum|schema)\s+(\w+)/, /^(schema)\b/),
    ...bodies('function', /^(?:query|mutation|subscription|fragment)\s+(\w+)/),
    ...statements('block', /^(?:union|scalar|directive)\s+(@?\w+)/, /^(\w+)\s*[(:]/, /^([A-Z][A-Z\d_]*)\s*(?:@|$)/),
  ],
}

export const thrift: BracketLanguage = {
  lexis: { ...C_LIKE, comments: ['//', '#'] },
  heads: [
    ...bodies('class', /^(?:struct|union|exception|enum|service|interface|table)\s+(\w+)/),
    ...statements('block', /^(?:const|typedef)\s+.{1,100}\s(\w+)/),
  ],
}

/** CSS and its dialects: the selector is the name. */
export const css: BracketLanguage = {
  lexis: { comments: [], blockComment: ['/*', '*/'], quotes: '"\'' },
  heads: [...bodies('block', /^([^{};]+)\{/), ...statements('block', /^(--[\w-]+|[$@][\w-]+)\s*:/)],
  joint: ' ',
  joinsLines: true,
}

export const scss: BracketLanguage = {
  ...css,
  lexis: { comments: ['//'], blockComment: ['/*', '*/'], quotes: '"\'' },
  heads: [...bodies('function', /^@(?:mixin|function)\s+([\w-]+)/), ...css.heads],
}

export const perl: BracketLanguage = {
  lexis: { comments: ['#'], quotes: '"' },
  heads: [
    ...bodies('function', /^sub\s+([\w:]+)/),
    ...bodies('class', /^(?:package|class)\s+([\w:]+)[^;]*\{/),
    ...statements('block', /^(?:our|my|use constant)\s+[$@%]?([A-Z][A-Z\d_]+)\b/),
  ],
}

export const r: BracketLanguage = {
  lexis: { ...HASH, quotes: '"\'`', longQuotes: '"\'' },
  heads: [
    ...statements('function', /^[`"]?([\w.%<+*/|&^!-]+?)[`"]?\s*(?:<<?-|=)\s*(?:function\b|\\\()/),
    ...statements('class', /^([\w.]+)\s*(?:<-|=)\s*(?:R6Class|setRefClass|setClass)\b/),
    ...statements('function', /^set(?:Method|Generic|Validity)\(\s*["']([^"']+)["']/),
    ...statements('block', /^([\w.]+)\s*<-/),
  ],
}

export const groovy: BracketLanguage = {
  lexis: C_LIKE,
  heads: [
    ...bodies(
      'class',
      /^(?:(?:public|private|protected|abstract|final|static)\s+){0,4}(?:class|interface|trait|enum)\s+(\w+)/,
    ),
    ...bodies(
      'function',
      /^(?:stage|task)\b\s*\(?\s*["']?([\w .-]+)["']?[^{]{0,200}\{/,
      /^tasks\.\w+\(?\s*["'](\w+)["']/,
    ),
    ...bodies(
      'function',
      /^(?:(?:public|private|protected|static|final|synchronized)\s+){0,4}(?:def|void|[A-Z]\w*(?:<[\w, ?]{1,60}>)?|int|long|boolean|double)\s+(\w+)\s*\([^()]*\)\s*\{/,
    ),
    ...bodies('block', /^([a-zA-Z]\w*)\s*\{/),
    ...statements('block', /^(?:def\s+|ext\.)?([a-zA-Z][\w.]*)\s*=(?!=)/),
  ],
}

/** C-like languages for which there is no grammar: shaders, Haxe, D, V, Vala, AWK, Zeek and the like. */
export const cLike: BracketLanguage = {
  lexis: { comments: ['//'], blockComment: ['/*', '*/'], quotes: '"' },
  heads: [
    ...bodies(
      'class',
      /^(?:\w+ ){0,4}(?:class|struct|interface|enum|union|namespace|module|trait|trigger)\s+(\w+)[^;(]*$/,
    ),
    ...bodies('function', /^(?:\w+ ){0,4}(?:fn|func|fun|function|proc|def|sub)\s+(?:\([^()]*\)\s*)?([\w.]+)/),
    ...bodies(
      'function',
      /^(?!(?:else|if|for|while|switch|return|catch|do|new|throw|case)\b)(?:[\w<>[\]*&.,@]+\s+){1,5}\*?(\w+)\s*\([^;]*$/,
    ),
    ...statements('block', /^#define\s+(\w+)/, /^(?:const|static const|let)\s+(?:\w+\s+){0,2}(\w+)\s*=/),
  ],
}

export const awk: BracketLanguage = {
  lexis: HASH,
  heads: [...bodies('function', /^(?:function|func)\s+(\w+)/), ...bodies('block', /^(BEGIN|END)\b/)],
}

export const nushell: BracketLanguage = {
  lexis: { ...HASH, quotes: '"\'`' },
  heads: [
    ...statements('function', /^(?:export\s+)?def(?:\s+--\w+)*\s+(?:"([^"]+)"|'([^']+)'|([\w-]+))/),
    ...bodies('class', /^(?:export\s+)?module\s+([\w-]+)/),
    ...statements('block', /^(?:export\s+)?(?:const|alias)\s+([\w-]+)\s*=/, /^\$env\.([\w.]+)\s*=/),
  ],
  joint: ' ',
}

export const nix: BracketLanguage = {
  lexis: { comments: ['#'], blockComment: ['/*', '*/'], quotes: '"', longQuotes: '"' },
  heads: statements('block', /^([\w.'-]+)\s*=(?!=)/),
  rootDepth: 1,
  ender: ';',
}

/** Configuration of nginx, Caddy, HAProxy-like blocks, Puppet and logrotate. */
export const braceConfig: BracketLanguage = {
  lexis: HASH,
  heads: bodies('block', /^([^{};#]+)\{\s*$/),
  joint: ' ',
}

/** Bazel and Buck: each call with a name is a target. Its functions are indented; see `starlark`. */
export const bazel: BracketLanguage = {
  lexis: HASH,
  heads: [
    { kind: 'function', pattern: /^[A-Za-z_][\w.]*\(/, extent: 'statement', nameBelow: /\bname\s*=\s*"([^"]+)"/ },
    ...statements('block', /^([A-Za-z_]\w*)\s*\+?=(?!=)/),
  ],
}

export const meson: BracketLanguage = {
  lexis: HASH,
  heads: [
    ...statements(
      'function',
      /^(?:\w+\s*=\s*)?(?:executable|library|shared_library|static_library|both_libraries|custom_target|run_target|test)\(\s*["']([^"']+)["']/,
    ),
    ...statements('block', /^([A-Za-z_]\w*)\s*\+?=(?!=)/, /^(?:option|project)\(\s*["']([^"']+)["']/),
  ],
}

const LISP_HEAD =
  /^\((?:(?:\w+\/)?(?:defn-?|defmacro|defmulti|defmethod|defmethod!|defun\*?|cl-defun|cl-defmethod|defsubst|defalias|define-syntax|define-minor-mode|define-command|deftest|ert-deftest|defpartial|defhandler))\s+\(?(?:\^\S+\s+)?([^\s()[\]]+)/

/** Clojure, Common Lisp, Emacs Lisp, Scheme, Racket, Fennel. */
export const lisp: BracketLanguage = {
  lexis: { comments: [';'], blockComment: ['#|', '|#'], quotes: '"', longQuotes: '"' },
  heads: [
    ...statements('function', LISP_HEAD, /^\(define\s+\(+([^\s()]+)/, /^\((?:fn|lambda|macro)\s+([^\s()[\]]+)/),
    ...statements(
      'class',
      /^\((?:defrecord|deftype|defprotocol|definterface|defclass|defstruct|cl-defstruct|struct)\s+\(?([^\s()[\]]+)/,
    ),
    ...statements(
      'block',
      /^\((?:def|defonce|defvar|defvar-local|defconst|defcustom|defparameter|defgroup|defface|define|s\/def)\s+(?:\^\S+\s+)?([^\s()]+)/,
    ),
  ],
}

/** Tcl and Expect. */
export const tcl: BracketLanguage = {
  lexis: { comments: ['#'], quotes: '' },
  heads: [
    ...statements('function', /^(?:proc|method|test)\s+([\w:.-]+)/, /^test\s+\{([^}]+)\}/),
    ...statements('class', /^(?:namespace eval|oo::class create)\s+([\w:]+)/),
  ],
}

export const prisma: BracketLanguage = {
  lexis: { comments: ['//'], quotes: '"' },
  heads: [
    ...bodies('class', /^(?:model|enum|type|view)\s+(\w+)/),
    ...bodies('block', /^(?:datasource|generator)\s+(\w+)/),
    ...statements('block', /^(\w+)\s+[A-Z]\w*/),
  ],
}

/** Objective-C: `- (void)run:(int)a with:(int)b {` is `run:with:`. */
export const objc: BracketLanguage = {
  lexis: { comments: ['//'], blockComment: ['/*', '*/'], quotes: '"' },
  heads: [
    ...bodies('class', /^@(?:interface|implementation|protocol)\s+(\w+)[^;]*$/),
    { kind: 'function', pattern: /^[-+]\s*\([^()]*\)\s*([^;{]*)(?:\{.*)?$/, extent: 'body', name: selectorIn },
    ...bodies(
      'function',
      /^(?!(?:else|if|for|while|switch|return|do|typedef|struct|enum)\b)(?:[\w*]+\s+){1,4}\*?(\w+)\s*\([^;]*$/,
    ),
    ...bodies('class', /^(?:typedef\s+)?(?:struct|enum|NS_ENUM|NS_OPTIONS)\s*\(?\s*(?:\w+\s*,\s*)?(\w+)/),
    ...statements(
      'block',
      /^#define\s+(\w+)/,
      /^(?:static\s+|const\s+|extern\s+){1,3}[\w*\s]{1,60}?\*?\s?(k?[A-Z]\w*)\s*=/,
    ),
  ],
  rewrite: (code) => code.replace(/^@(?:interface|implementation|protocol)\b[^;]*$/, '{').replace(/^@end\b/, '}'),
}

function selectorIn(found: RegExpExecArray): string {
  const text = found[1] ?? ''
  const parts = text.match(/\w+\s*:/g)
  return parts === null ? (/^\w+/.exec(text)?.[0] ?? '') : parts.join('').replaceAll(/\s/g, '')
}

const DART_NO_TYPE =
  '(?!(?:return|await|throw|else|if|for|while|switch|case|assert|super|yield|new|do|try|catch|import)\\b)'
const DART_WORDS = '(?:@\\w+\\s+|static |external |late |final |const |covariant |abstract ){0,4}'

export const dart: BracketLanguage = {
  lexis: { comments: ['//'], blockComment: ['/*', '*/'], quotes: '"\'' },
  heads: [
    ...bodies(
      'class',
      /^(?:(?:abstract|sealed|base|final|interface|mixin|macro) ){0,4}(?:class|mixin|extension type|extension|enum) (\w+)/,
    ),
    ...statements(
      'function',
      /^(?:const |factory )*[A-Z]\w*\.(\w+)\s*\((?!.*\)\.)/,
      /^(?:const |factory )*([A-Z]\w*)\s*\((?!.*\)\.)/,
      new RegExp(`^${DART_NO_TYPE}${DART_WORDS}[\\w<>?,. ]+ (?:get|set) (\\w+)`),
      new RegExp(`^${DART_NO_TYPE}${DART_WORDS}(?:get|set) (\\w+)`),
      new RegExp(`^${DART_NO_TYPE}${DART_WORDS}[\\w<>?,. ]+ operator\\s*(\\S+?)\\s*\\(`),
      new RegExp(`^${DART_NO_TYPE}${DART_WORDS}[\\w<>?,.]+(?: [\\w<>?,.]+){0,3} (\\w+)(?:<[\\w, ]+>)?\\(`),
    ),
    ...statements(
      'block',
      new RegExp(`^${DART_WORDS}(?:const|final|var)\\s+(?:[\\w<>?,]+ )?(\\w+)\\s*=`),
      /^(?:static )?const (?:\w+ )?(\w+)\s*=/,
    ),
  ],
}

export const solidity: BracketLanguage = {
  lexis: { comments: ['//'], blockComment: ['/*', '*/'], quotes: '"\'' },
  heads: [
    ...bodies('class', /^(?:abstract )?(?:contract|interface|library|struct|enum)\s+(\w+)/),
    ...statements('function', /^(?:function|modifier)\s+(\w+).*;\s*$/),
    ...bodies('function', /^(?:function|modifier)\s+(\w+)[^;]*$/, /^(constructor|receive|fallback)\s*\(/),
    ...bodies('function', /^(?:function|modifier)\s+(\w+).*\{/),
    ...statements(
      'block',
      /^(?:event|error)\s+(\w+)/,
      /^[\w[\]]+(?: (?:public|private|internal|constant|immutable|override)){1,4} (\w+)/,
    ),
  ],
}

export const zig: BracketLanguage = {
  lexis: { comments: ['//'], quotes: '"' },
  heads: [
    ...bodies('class', /^(?:pub )?const (\w+) = (?:extern |packed )?(?:struct|enum|union|opaque|error)\b/),
    ...bodies(
      'function',
      /^(?:pub |export |inline |noinline |extern )*fn (\w+)[^;]*$/,
      /^(?:pub |export |inline )*fn (\w+).*\{/,
      /^test "([^"]+)"/,
    ),
    ...statements('block', /^(?:pub )?(?:const|var) (\w+)/),
  ],
}

export const powershell: BracketLanguage = {
  lexis: { comments: ['#'], blockComment: ['<#', '#>'], quotes: '"\'' },
  heads: [
    ...bodies('function', /^(?:function|filter|workflow|configuration)\s+(?:\w+:)?([\w-]+)/i),
    ...bodies('class', /^(?:class|enum)\s+(\w+)/i),
    ...bodies(
      'function',
      /^(?:static |hidden )*(?:\[[\w.[\]]+\]\s*)?(?!(?:if|elseif|foreach|for|while|switch|catch|until|param)\b)(\w+)\s*\([^()]*\)\s*\{/i,
      /^(?:Describe|Context|It)\s+["']([^"']+)["']/,
    ),
    ...statements('block', /^\$(?:script:|global:)?(\w+)\s*=/),
  ],
}
