import { cleanPath } from './mentions.ts'

/** A stack frame. `depth` 0 is the frame nearest to the failure. `line` is 0 where the trace gives none. */
export interface Frame {
  readonly path: string
  readonly line: number
  readonly functionName: string | undefined
  readonly depth: number
}

type ReadFrame = Omit<Frame, 'depth'>

interface FrameForm {
  readonly pattern: RegExp
  /** True where the frame nearest to the failure is printed last. */
  readonly isDeepestLast?: boolean
  readonly read: (match: RegExpMatchArray) => ReadFrame | undefined
}

/** A path of a trace, on any system or behind the address of a development server; no blank but inside folders of Windows. */
const PATH = String.raw`(?:[\w+-]{1,20}:\/{2,3})?(?:[A-Za-z]:[\\/])?[\w@.+~%\\/-]{1,400}`

function frame(path: string | undefined, line: string | undefined, name?: string): ReadFrame | undefined {
  if (path === undefined || path === '') return undefined
  return { path, line: Number(line ?? 0), functionName: name === undefined || name === '' ? undefined : lastName(name) }
}

/** `Shop.Cart.CartTotal` and `shop::Cart::total<T>` are named after their last part. */
function lastName(name: string): string {
  const plain = name.replace(/<[^>]*>|\[[^\]]*\]|\(.*$/g, '').replace(/\/\d+$/, '')
  return plain.split(/\.|::|->|#|\//).pop() ?? plain
}

const FRAME_FORMS: readonly FrameForm[] = [
  {
    // Python: File "a/b.py", line 3, in name
    pattern: /File "([^"\n]{1,400})", line (\d+)(?:, in ([\w<>.]+))?/g,
    isDeepestLast: true,
    read: (m) => frame(m[1], m[2], m[3]),
  },
  {
    // IPython and pytest: a/b.py in name(args) / a/b.py:3: in name
    pattern: /^[ \t]{0,20}([\w~./\\-]{1,400}\.py)(?::(\d+))?:? in (?:<[^>\n]{1,400}>|([\w.]+))/gm,
    isDeepestLast: true,
    read: (m) => frame(m[1], m[2], m[3]),
  },
  {
    // pytest's last line of a failure: a/b.py:3: KeyError
    pattern: /^([\w./\\-]{1,400}\.py):(\d+): [A-Z]\w+(?:Error|Exception|Warning)?\s*$/gm,
    isDeepestLast: true,
    read: (m) => frame(m[1], m[2], undefined),
  },
  {
    // Java, Kotlin, Scala: at org.a.Type.method(Type.java:3)
    pattern:
      /\bat (?:[\w.@-]{1,60}\/{1,2})?([\w$.]{1,300})\.([\w$<>]+)\(([\w$]+\.(?:java|kt|kts|scala|groovy))(?::(\d+))?\)/g,
    read: (m) => frame(javaPath(m[1] ?? '', m[3] ?? ''), m[4], m[2]),
  },
  {
    // .NET: at Shop.Cart.CartTotal(Decimal price) in C:\work\Cart.cs:line 7
    pattern:
      /\bat ([\w.`<>+[\],]{1,300})(?:\([^)\n]{0,300}\))? in ((?:[A-Za-z]:)?[^\n:]{1,400}):(?:line|Zeile|ligne|línea|строка|行) ?(\d+)/g,
    read: (m) => frame(m[2], m[3], m[1]),
  },
  {
    // V8, on every system and from file: and http: addresses: at name (a/b.js:3:5)
    pattern: new RegExp(
      String.raw`\bat (?:async )?(?:(?:new )?([\w$.<>#[\] ]{1,100}?) )?(?:\[as \w+\] )?\(?(${PATH}\.(?:[cm]?[jt]sx?|vue|svelte|astro))(?:\?[\w=&.-]{0,100})?:(\d+):\d+\)?`,
      'g',
    ),
    read: (m) => frame(m[2], m[3], m[1]),
  },
  {
    // Firefox and Safari: name@http://host/a/b.js:3:5
    pattern: new RegExp(
      String.raw`^[ \t]{0,8}([\w$.<>/*\[\]-]{0,100})@(${PATH}\.(?:[cm]?[jt]sx?|vue|svelte|astro))(?:\?[\w=&.-]{0,100})?:(\d+)(?::\d+)?`,
      'gm',
    ),
    read: (m) => frame(m[2], m[3], m[1]?.replace(/[/<*]+/g, '')),
  },
  {
    // Ruby: a/b.rb:3:in `name'
    pattern: /([\w./-]{1,400}\.(?:rb|rake|ru)):(\d+):in [`'](?:[^'\n]{0,200}?(?: in |[#.]))?([\w?!]+)'/g,
    read: (m) => frame(m[1], m[2], m[3]),
  },
  {
    // PHP: #0 /a/b.php(3): Type->name()
    pattern: /#\d+ ([\w./\\:-]{1,400}\.php)\((\d+)\): (?:[\w\\]{1,200}(?:->|::))?(\w+)/g,
    read: (m) => frame(m[1], m[2], m[3]),
  },
  {
    // PHP: in /a/b.php:3, or: in /a/b.php on line 3
    pattern: /\bin ([\w./\\:-]{1,400}\.php)(?::| on line )(\d+)/g,
    read: (m) => frame(m[1], m[2], undefined),
  },
  {
    // AddressSanitizer, gdb, lldb: #0 0x4f1a in cart_total /a/cart.c:4:14 / #1 0x… in name (args) at a/b.c:3
    pattern:
      /^[ \t*]{0,12}(?:frame )?#\d+:?\s{1,4}(?:0x[\da-f]{1,16}\s)?(?:in )?(?:[\w.-]{1,60}`)?([\w:~<>$.]{1,200})(?:\s?\([^\n]{0,300}?\))?(?:\s(?:const\s)?| at )([\w./\\+-]{1,400}\.\w{1,5}):(\d+)/gm,
    read: (m) => frame(m[2], m[3], m[1]),
  },
  {
    // Swift and lldb: at /a/b.swift:3 / name at b.swift:3
    pattern: /(?:(\w{1,100})(?:\([^)\n]{0,100}\))? )?at ([\w./-]{1,400}\.swift):(\d+)/g,
    read: (m) => frame(m[2], m[3], m[1]),
  },
  {
    // Elixir and Erlang: (shop 0.1.0) lib/shop/cart.ex:3: Shop.Cart.total/1
    pattern:
      /^[ \t]{0,8}(?:\([\w .-]{1,60}\) )?([\w./-]{1,400}\.(?:exs?|erl|hrl|leex|heex)):(\d+): ([\w.!?"/:-]{1,200})?/gm,
    read: (m) => frame(m[1], m[2], m[3]),
  },
  {
    // Dart: #0      CartPage.total (package:shop/cart_page.dart:3:5)
    pattern:
      /#\d+\s{1,8}([\w.<>]{1,200}) \((?:package:[\w.]{1,60}\/|file:\/\/)?([\w./-]{1,400}\.dart):(\d+)(?::\d+)?\)/g,
    read: (m) => frame(m[2], m[3], m[1]),
  },
  {
    // Lua: a/b.lua:3: in function 'name'
    pattern:
      /([\w./-]{1,400}\.(?:lua|moon|tl)):(\d+): in (?:(?:local |global |field |method |upvalue )?function |method |field |upvalue )?[<'`]?([\w.:]{0,100})/g,
    read: (m) => frame(m[1], m[2], m[3]?.split(':').pop()),
  },
  {
    // Perl: at a/b.pm line 3.
    pattern: /\bat ([\w./-]{1,400}\.(?:pm|pl|t|cgi)) line (\d+)/g,
    read: (m) => frame(m[1], m[2], undefined),
  },
  {
    // Go: \t/a/b.go:3 +0x1d ; Rust: at ./src/b.rs:3:5
    pattern: /^[ \t]{0,12}(?:at )?([\w@./\\:-]{1,400}\.(?:go|rs)):(\d+)/gm,
    read: (m) => frame(m[1], m[2], undefined),
  },
  {
    // Rust: panicked at src/b.rs:3:5 / panicked at 'message', src/b.rs:3:5
    pattern: /panicked at (?:'[^'\n]{0,300}', )?([\w./\\-]{1,400}\.rs):(\d+)/g,
    read: (m) => frame(m[1], m[2], undefined),
  },
]

/** Frames of every stack trace in the text, those nearest to the failure first. */
export function findFrames(text: string): readonly Frame[] {
  const taken = new Set<number>()
  return FRAME_FORMS.flatMap(({ pattern, isDeepestLast, read }) => {
    const frames: ReadFrame[] = []
    for (const match of text.matchAll(pattern)) {
      // A line that two forms can read is one frame.
      const end = match.index + match[0].length
      const found = taken.has(end) ? undefined : read(match)
      if (found === undefined) continue
      taken.add(end)
      frames.push(found)
    }
    if (isDeepestLast === true) frames.reverse()
    return frames.map((one, depth) => ({ ...one, path: cleanPath(one.path), depth }))
  })
}

function javaPath(qualifiedType: string, file: string): string {
  const packages = qualifiedType.split('.').slice(0, -1)
  return [...packages, file].join('/')
}
