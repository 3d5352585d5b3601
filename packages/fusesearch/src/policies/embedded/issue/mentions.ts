/** A file that the issue names, with the line where it gives one. `path` is as written, with `/`. */
export interface PathMention {
  readonly path: string
  readonly line: number | undefined
}

/** A stack frame. `depth` 0 is the frame nearest to the failure. */
export interface Frame {
  readonly path: string
  readonly line: number
  readonly functionName: string | undefined
  readonly depth: number
}

const PATH =
  /(?:[A-Za-z]:)?[\w@.+~/\\-]*[\w+-]\.(?:py|pyx|pyi|js|jsx|mjs|cjs|ts|tsx|mts|java|go|rs|c|cc|cpp|cxx|h|hh|hpp|cs|rb|php|kt|kts|scala|swift|cu|vue|html|css|scss|cfg|toml|ini|json|yml|yaml|rst|md|txt|sh|pl|lua|ex|exs|erl|hs|ml|jl|r|sql|xml|proto|gradle|cmake|in)(?![\w.]*\w@)\b(?:#L(\d+)|:(\d+))?/g

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
    .replace(/^[A-Za-z]:/, '')
    .replace(/^.*\/(?:site-packages|dist-packages|node_modules|gems)\//, '')
    .replace(/^.*\/(?:blob|tree|raw)\/[^/]+\//, '')
    .replace(/^(?:\.{0,2}\/)+/, '')
}

interface FrameForm {
  readonly pattern: RegExp
  /** True where the frame nearest to the failure is printed last. */
  readonly isDeepestLast: boolean
  read(match: RegExpMatchArray): { path: string; line: number; functionName: string | undefined }
}

const FRAME_FORMS: readonly FrameForm[] = [
  {
    // Python: File "a/b.py", line 3, in name
    pattern: /File "([^"\n]{1,400})", line (\d+)(?:, in ([\w<>.]+))?/g,
    isDeepestLast: true,
    read: (m) => ({ path: m[1] ?? '', line: Number(m[2]), functionName: m[3] }),
  },
  {
    // IPython and pytest: a/b.py in name(args) / a/b.py:3: Error
    pattern: /^\s*([\w~./\\-]{1,400}\.py)(?::(\d+))?:? in (?:<[^>]+>|([\w.]+))/gm,
    isDeepestLast: true,
    read: (m) => ({ path: m[1] ?? '', line: Number(m[2] ?? 0), functionName: m[3] }),
  },
  {
    // Java, Kotlin, Scala: at org.a.Type.method(Type.java:3)
    pattern: /\bat ([\w$.]{1,300})\.([\w$<>]+)\(([\w$]+\.(?:java|kt|scala))(?::(\d+))?\)/g,
    isDeepestLast: false,
    read: (m) => ({ path: javaPath(m[1] ?? '', m[3] ?? ''), line: Number(m[4] ?? 0), functionName: m[2] }),
  },
  {
    // JavaScript: at name (a/b.js:3:5)
    pattern:
      /\bat (?:async )?(?:([\w$.<>[\] ]{1,100}?) )?\(?(?:file:\/\/)?([\w@./\\-]{1,400}\.[cm]?[jt]sx?):(\d+):\d+\)?/g,
    isDeepestLast: false,
    read: (m) => ({ path: m[2] ?? '', line: Number(m[3]), functionName: m[1]?.split('.').pop() }),
  },
  {
    // Ruby: a/b.rb:3:in `name'
    pattern: /([\w./-]{1,400}\.rb):(\d+):in [`'](?:[^'\n]*?(?: in |[#.]))?([\w?!]+)'/g,
    isDeepestLast: false,
    read: (m) => ({ path: m[1] ?? '', line: Number(m[2]), functionName: m[3] }),
  },
  {
    // PHP: #0 /a/b.php(3): Type->name()
    pattern: /#\d+ ([\w./-]{1,400}\.php)\((\d+)\): (?:[\w\\]+(?:->|::))?(\w+)/g,
    isDeepestLast: false,
    read: (m) => ({ path: m[1] ?? '', line: Number(m[2]), functionName: m[3] }),
  },
  {
    // Go: \t/a/b.go:3 +0x1d ; Rust: at ./src/b.rs:3:5
    pattern: /^\s+(?:at )?([\w@./-]{1,400}\.(?:go|rs)):(\d+)/gm,
    isDeepestLast: false,
    read: (m) => ({ path: m[1] ?? '', line: Number(m[2]), functionName: undefined }),
  },
]

/** Frames of every stack trace in the text, nearest to the failure first. */
export function findFrames(text: string): readonly Frame[] {
  return FRAME_FORMS.flatMap((form) => {
    const frames = [...text.matchAll(form.pattern)].map((match) => form.read(match))
    if (form.isDeepestLast) frames.reverse()
    return frames.map((frame, depth) => ({ ...frame, path: cleanPath(frame.path), depth }))
  })
}

function javaPath(qualifiedType: string, file: string): string {
  const packages = qualifiedType.split('.').slice(0, -1)
  return [...packages, file].join('/')
}
