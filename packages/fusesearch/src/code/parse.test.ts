import { describe, expect, it } from 'vitest'
import type { Language } from './definition.ts'
import { LANGUAGES } from './languages.ts'
import { parseDefinitions } from './parse.ts'

interface Example {
  readonly text: string
  /** `kind name first-last @name-line ^parent`, and `: bases` where there are some. */
  readonly expected: readonly string[]
}

const EXAMPLES: Readonly<Record<Language, Example>> = {
  python: {
    text: `class A(B, c.D, Generic[T], metaclass=M, *rest):
    @dec
    @dec2(a)
    # comment
    async def f(self):
        def g(): pass
        return """
# not a comment"""
        # trailing

    class Inner:
        x = 1

def h():
    k = lambda: 1
    if k:
        return 1
        # trailing
`,
    expected: [
      'class A 1-12 @1 ^-1: B, c.D, Generic',
      'function A.f 2-8 @5 ^0',
      'function A.f.g 6-6 @6 ^1',
      'class A.Inner 11-12 @11 ^0',
      'function h 14-17 @14 ^-1',
    ],
  },
  javascript: {
    text: `@dec
export default class Foo extends ns.Bar {
  field = (a) => a
  #priv = function () {}
  get x() { return 1 }
  set x(v) {}
  constructor() { super() }
  static async run() {
    const inner = () => 1
    list.map((each) => each)
    app.use(function handler() {})
  }
  [Symbol.iterator]() {}
}
const a = async () => {}, b = function named() {}
const api = {
  get() {},
  'post-it': () => 1,
}
exports.foo = function () {}
Foo.prototype.bar = function () {}
const Card = React.memo(() => {})
const result = items.map(() => 1)
function* gen() {}
const K = class extends mixin(Base) { m() {} }
`,
    expected: [
      'class Foo 1-14 @2 ^-1: ns.Bar',
      'function Foo.field 3-3 @3 ^0',
      'function Foo.#priv 4-4 @4 ^0',
      'function Foo.x 5-5 @5 ^0',
      'function Foo.x 6-6 @6 ^0',
      'function Foo.constructor 7-7 @7 ^0',
      'function Foo.run 8-12 @8 ^0',
      'function Foo.run.inner 9-9 @9 ^6',
      'function Foo.run.handler 11-11 @11 ^6',
      'function Foo.[Symbol.iterator] 13-13 @13 ^0',
      'function a 15-15 @15 ^-1',
      'function b 15-15 @15 ^-1',
      'function api.get 17-17 @17 ^-1',
      'function api.post-it 18-18 @18 ^-1',
      'function foo 20-20 @20 ^-1',
      'function Foo.bar 21-21 @21 ^-1',
      'function Card 22-22 @22 ^-1',
      'function gen 24-24 @24 ^-1',
      'class K 25-25 @25 ^-1: mixin',
      'function K.m 25-25 @25 ^18',
    ],
  },
  typescript: {
    text: `@Dec({ a() {} })
@Other
export abstract class Foo<T> extends ns.Bar<T> implements Baz<T>, Qux {
  @Input()
  public foo = (a) => 1
  @Hook() // why
  private async run(a: number): Promise<void> {}
  abstract abs(): void
  over(a: string): void
  over(a: any) {}
}
export interface I<T> extends J<T>, K { m(): void }
namespace N.M { export function f() {} }
declare function g(a: string): void
export default function () {}
`,
    expected: [
      'function a 1-1 @1 ^-1',
      'class Foo 1-11 @3 ^-1: ns.Bar, Baz, Qux',
      'function Foo.foo 4-5 @5 ^1',
      'function Foo.run 6-7 @7 ^1',
      'function Foo.abs 8-8 @8 ^1',
      'function Foo.over 9-9 @9 ^1',
      'function Foo.over 10-10 @10 ^1',
      'class I 12-12 @12 ^-1: J, K',
      'function I.m 12-12 @12 ^7',
      'class N.M 13-13 @13 ^-1',
      'function N.M.f 13-13 @13 ^9',
      'function g 14-14 @14 ^-1',
      'function default 15-15 @15 ^-1',
    ],
  },
  tsx: {
    text: `export const Page: FC<Props> = ({ a }) => {
  const onClick = useCallback(() => {
    go()
  }, [])
  return <Button onClick={() => onClick()} />
}
`,
    expected: ['function Page 1-6 @1 ^-1', 'function Page.onClick 2-4 @2 ^0'],
  },
  java: {
    text: `package a;
@Anno
public class Foo<T> extends p.Bar<T> implements Baz<T>, Qux {
  public Foo(int a) { }
  @Override
  public <X> int run(int a) {
    new Runnable() { public void go() {} };
    return 1;
  }
  int run() { return 2; }
  interface I extends J, K { void m(); }
  enum E implements Z { A; void e() {} }
  record R(int x) implements W { R { } }
}
`,
    expected: [
      'class Foo 2-14 @3 ^-1: p.Bar, Baz, Qux',
      'function Foo.Foo 4-4 @4 ^0',
      'function Foo.run 5-9 @6 ^0',
      'function Foo.run.go 7-7 @7 ^2',
      'function Foo.run 10-10 @10 ^0',
      'class Foo.I 11-11 @11 ^0: J, K',
      'function Foo.I.m 11-11 @11 ^5',
      'class Foo.E 12-12 @12 ^0: Z',
      'function Foo.E.e 12-12 @12 ^7',
      'class Foo.R 13-13 @13 ^0: W',
      'function Foo.R.R 13-13 @13 ^9',
    ],
  },
  kotlin: {
    text: `package a.b

@Anno
class Foo<T>(val x: Int) : Bar<T>(), Baz {
  constructor(y: String) : this(1) { println() }
  init {
    println()
  }
  val p: Int
    get() = 3
  val plain = 1
  @Test
  suspend fun <T> run(a: Int): T {
    fun inner() = 1
  }
  companion object {
    fun create() = Foo(1)
  }
}
fun List<String>.shout(): String = "x"
object O : P() {
  fun g() {}
}
interface I : J {
  fun f()
}
`,
    expected: [
      'class Foo 3-19 @4 ^-1: Bar, Baz',
      'function Foo.constructor 5-5 @5 ^0',
      'function Foo.init 6-8 @6 ^0',
      'function Foo.p 9-10 @9 ^0',
      'function Foo.run 12-15 @13 ^0',
      'function Foo.run.inner 14-14 @14 ^4',
      'function Foo.create 17-17 @17 ^0',
      'function List.shout 20-20 @20 ^-1',
      'class O 21-23 @21 ^-1: P',
      'function O.g 22-22 @22 ^8',
      'class I 24-26 @24 ^-1: J',
      'function I.f 25-25 @25 ^10',
    ],
  },
  scala: {
    text: `package a
@anno class Foo[T](x: Int) extends Bar[T](x) with Baz {
  def this(y: String) = this(1)
  @test
  def run(a: Int): Int = {
    def inner = 1
    inner
  }
  val f = (a: Int) => a
}
trait T extends U { def abs: Int }
object O extends P { def g() = {} }
`,
    expected: [
      'class Foo 2-10 @2 ^-1: Bar, Baz',
      'function Foo.this 3-3 @3 ^0',
      'function Foo.run 4-8 @5 ^0',
      'function Foo.run.inner 6-6 @6 ^2',
      'function Foo.f 9-9 @9 ^0',
      'class T 11-11 @11 ^-1: U',
      'function T.abs 11-11 @11 ^5',
      'class O 12-12 @12 ^-1: P',
      'function O.g 12-12 @12 ^7',
    ],
  },
  go: {
    text: `package a
func F[T any](a int) int {
	g := func() {}
	return 1
}
func (s *Stack[T]) Push(x T) {}
func (Foo) V() {}
type Foo struct { Base; *pkg.Other; x int }
type I interface {
	M(a int)
	Other
}
var h = func() {}
`,
    expected: [
      'function F 2-5 @2 ^-1',
      'function F.g 3-3 @3 ^0',
      'function Stack.Push 6-6 @6 ^-1',
      'function Foo.V 7-7 @7 ^-1',
      'class Foo 8-8 @8 ^-1: Base, pkg.Other',
      'class I 9-12 @9 ^-1: Other',
      'function I.M 10-10 @10 ^5',
      'function h 13-13 @13 ^-1',
    ],
  },
  rust: {
    text: `#[derive(Debug)]
pub struct Foo<T>(T);
#[x] const A: u8 = 1;
mod m {
  impl<T> a::Tr<T> for Foo<T> {
    #[inline]
    #[cold]
    // why
    pub fn run(&self) { fn inner() {} }
  }
}
impl Foo<u8> { async fn q() {} }
trait Tr: Sup + Other<T> { fn sig(&self); }
impl Tr for &'a mut x::Foo {}
macro_rules! mac { () => {} }
`,
    expected: [
      'class Foo 1-2 @2 ^-1',
      'class m 4-11 @4 ^-1',
      'class m.Foo 5-10 @5 ^1: a::Tr',
      'function m.Foo.run 6-9 @9 ^2',
      'function m.Foo.run.inner 9-9 @9 ^3',
      'class Foo 12-12 @12 ^-1',
      'function Foo.q 12-12 @12 ^5',
      'class Tr 13-13 @13 ^-1: Sup, Other',
      'function Tr.sig 13-13 @13 ^7',
      'class x.Foo 14-14 @14 ^-1: Tr',
      'function mac 15-15 @15 ^-1',
    ],
  },
  c: {
    text: `struct point { int x; };
int proto(int a);
static int *pointer(struct point *p)
{
  return 0;
}
void (*callback(int a))(int) { return 0; }
typedef struct { int y; } Named;
`,
    expected: [
      'class point 1-1 @1 ^-1',
      'function pointer 3-6 @3 ^-1',
      'function callback 7-7 @7 ^-1',
      'class Named 8-8 @8 ^-1',
    ],
  },
  cpp: {
    text: `namespace a::b {
template <class T>
class Foo final : public Bar<T>, private x::Baz {
  Foo(int x) : y(x) {}
  ~Foo() = default;
  virtual void decl() = 0;
  operator bool() const { return true; }
  bool operator() (int a) { return 1; }
  bool operator<(const Foo& o) { return 1; }
  int& ref() { return y; }
};
}
template <typename T>
int Foo<T>::method(int a) const { return 1; }
std::vector<int> *a::Foo::other() { }
namespace { void anonymous() {} }
class EXPORT Macro : public X { void q() {} };
auto trailing() -> int { return 1; }
`,
    expected: [
      'class a.b 1-12 @1 ^-1',
      'class a.b.Foo 2-11 @3 ^0: Bar, x::Baz',
      'function a.b.Foo.Foo 4-4 @4 ^1',
      'function a.b.Foo.~Foo 5-5 @5 ^1',
      'function a.b.Foo.operator bool 7-7 @7 ^1',
      'function a.b.Foo.operator() 8-8 @8 ^1',
      'function a.b.Foo.operator< 9-9 @9 ^1',
      'function a.b.Foo.ref 10-10 @10 ^1',
      'function Foo.method 13-14 @14 ^-1',
      'function a.Foo.other 15-15 @15 ^-1',
      'function anonymous 16-16 @16 ^-1',
      'class Macro 17-17 @17 ^-1',
      'function Macro.q 17-17 @17 ^11',
      'function trailing 18-18 @18 ^-1',
    ],
  },
  csharp: {
    text: `namespace A.B {
[Attr]
public class Foo<T> : Bar<T>, IBaz where T : X {
  public Foo(int a) : base(a) { }
  ~Foo() { }
  [Test]
  public async Task<int> Run(int a) { int Inner() => 1; return 1; }
  public int P { get { return 1; } set { } }
  public int Auto { get; set; }
  public int Arrow => 3;
  public int this[int i] { get { return 1; } }
  public static Foo operator +(Foo a, Foo b) { return a; }
}
record R(int X) : Q { }
}
`,
    expected: [
      'class Foo 2-13 @3 ^-1: Bar, IBaz',
      'function Foo.Foo 4-4 @4 ^0',
      'function Foo.~Foo 5-5 @5 ^0',
      'function Foo.Run 6-7 @7 ^0',
      'function Foo.Run.Inner 7-7 @7 ^3',
      'function Foo.P 8-8 @8 ^0',
      'function Foo.Arrow 10-10 @10 ^0',
      'function Foo.this 11-11 @11 ^0',
      'function Foo.+ 12-12 @12 ^0',
      'class R 14-14 @14 ^-1: Q',
    ],
  },
  ruby: {
    text: `module A
  class B::C < D::E
    def run(a) = 1
    def self.create
      1
    end
    class << self
      def meta; end
    end
    private def priv; end
    def []=(a, b); end
  end
  Point = Struct.new(:a) do
    def inner; end
  end
end
`,
    expected: [
      'class A 1-16 @1 ^-1',
      'class A.B.C 2-12 @2 ^0: D::E',
      'function A.B.C.run 3-3 @3 ^1',
      'function A.B.C.create 4-6 @4 ^1',
      'function A.B.C.meta 8-8 @8 ^1',
      'function A.B.C.priv 10-10 @10 ^1',
      'function A.B.C.[]= 11-11 @11 ^1',
      'class A.Point 13-15 @13 ^0',
      'function A.Point.inner 14-14 @14 ^7',
    ],
  },
  php: {
    text: `<?php
namespace App\\Models;
#[Attr]
abstract class Foo extends \\A\\Bar implements Baz, Qux {
  #[X]
  public static function run(int $a): int {
    $f = function() { return 1; };
    return 1;
  }
  abstract function abs();
}
interface I extends J {}
trait T { function t() {} }
enum E: string implements K { case A = 'a'; function e() {} }
function top() {}
`,
    expected: [
      'class Foo 3-11 @4 ^-1: \\A\\Bar, Baz, Qux',
      'function Foo.run 5-9 @6 ^0',
      'function Foo.run.f 7-7 @7 ^1',
      'function Foo.abs 10-10 @10 ^0',
      'class I 12-12 @12 ^-1: J',
      'class T 13-13 @13 ^-1',
      'function T.t 13-13 @13 ^5',
      'class E 14-14 @14 ^-1: K',
      'function E.e 14-14 @14 ^7',
      'function top 15-15 @15 ^-1',
    ],
  },
  swift: {
    text: `@objc
class Foo<T>: Bar<T>, Baz {
  init(x: Int) { }
  deinit { }
  var p: Int { return 3 }
  let plain = 1
  @discardableResult
  func run() -> Int {
    func inner() {}
    return 1
  }
  static func == (a: Foo, b: Foo) -> Bool { true }
}
extension A.B: P { func e() {} }
protocol Q: R { func f() }
`,
    expected: [
      'class Foo 1-13 @2 ^-1: Bar, Baz',
      'function Foo.init 3-3 @3 ^0',
      'function Foo.deinit 4-4 @4 ^0',
      'function Foo.p 5-5 @5 ^0',
      'function Foo.run 7-11 @8 ^0',
      'function Foo.run.inner 9-9 @9 ^4',
      'function Foo.== 12-12 @12 ^0',
      'class A.B 14-14 @14 ^-1: P',
      'function A.B.e 14-14 @14 ^7',
      'class Q 15-15 @15 ^-1: R',
      'function Q.f 15-15 @15 ^9',
    ],
  },
}

describe('parseDefinitions', () => {
  it.each(LANGUAGES)('finds names, ranges, parents and bases in %s', async (language) => {
    expect(await outline(EXAMPLES[language].text, language)).toEqual(EXAMPLES[language].expected)
  })

  it.each(LANGUAGES)('gives the same lines for CRLF in %s', async (language) => {
    const text = EXAMPLES[language].text.replaceAll('\n', '\r\n')
    expect(await outline(text, language)).toEqual(EXAMPLES[language].expected)
  })

  it.each(LANGUAGES)('survives every cut of the text in %s', async (language) => {
    const { text } = EXAMPLES[language]
    for (let end = 0; end < text.length; end += 11) {
      const definitions = await parseDefinitions(text.slice(0, end), language)
      for (const { startLine, nameLine, endLine, parent } of definitions) {
        expect(startLine).toBeLessThanOrEqual(nameLine)
        expect(nameLine).toBeLessThanOrEqual(endLine)
        expect(parent).toBeLessThan(definitions.length)
      }
    }
  })
})

async function outline(text: string, language: Language): Promise<string[]> {
  return (await parseDefinitions(text, language)).map((definition) => {
    const { kind, name, startLine, endLine, nameLine, parent, bases } = definition
    const tail = bases.length === 0 ? '' : `: ${bases.join(', ')}`
    return `${kind} ${name} ${startLine}-${endLine} @${nameLine} ^${parent}${tail}`
  })
}
