import { expect, it } from 'vitest'
import { outlineOfText } from '../../../../../test/support/outline.ts'

const EXAMPLES: Readonly<Record<string, { readonly text: string; readonly expected: readonly string[] }>> = {
  'a.ps1': {
    text: `function Get-Thing {
  param($a)
  return 1
}
class Foo : Bar {
  [void] Run([int]$a) {
  }
}
`,
    expected: ['function Get-Thing 1-4', 'class Foo 5-8', 'function Foo.Run 6-7'],
  },
  'a.dart': {
    text: `@immutable
class Cart extends Base implements B {
  static const limit = 3;
  Cart(this.a);
  Cart.named(int b) : a = b {
    x();
  }
  factory Cart.from() => Cart(1);
  double get total {
    return 1;
  }
  @override
  Widget build(BuildContext c) {
    void inner() {
      x();
    }
    return Text('a');
  }
  Cart operator +(Cart o) => this;
}
mixin M { void m() {} }
extension E on String { int ex() => 1; }
int top(int a) async {
  return 1;
}
`,
    expected: [
      'class Cart 2-20',
      'block Cart.limit 3-3',
      'function Cart.Cart 4-4',
      'function Cart.named 5-7',
      'function Cart.from 8-8',
      'function Cart.total 9-11',
      'function Cart.build 13-18',
      'function Cart.build.inner 14-16',
      'function Cart.+ 19-19',
      'class M 21-21',
      'class E 22-22',
      'function top 23-25',
    ],
  },
  'a.sol': {
    text: `contract A is B {
  uint constant MAX = 5;
  struct S { uint a; }
  constructor(uint a) { }
  modifier only() { _; }
  function pay(uint a)
    external { }
  receive() external payable { }
}
library L { function f() internal { } }
`,
    expected: [
      'class A 1-9',
      'block A.MAX 2-2',
      'class A.S 3-3',
      'function A.constructor 4-4',
      'function A.only 5-5',
      'function A.pay 6-7',
      'function A.receive 8-8',
      'class L 10-10',
    ],
  },
  'a.zig': {
    text: `pub const Foo = struct {
    a: u32 = 1,
    pub fn run(self: *Foo) void {
    }
};
const E = enum { a, b };
test "adds it" {}
`,
    expected: ['class Foo 1-5', 'function Foo.run 3-4', 'class E 6-6', 'function adds it 7-7'],
  },
  'a.m': {
    text: `#import "x.h"
#define MAX 5
@implementation A
- (void)run:(int)a with:(int)b {
  int c;
}
+ (instancetype)make
{
  return nil;
}
@end
static int top(int a) {
  return 1;
}
`,
    expected: [
      'block MAX 2-2',
      'class A 3-11',
      'function A.run:with: 4-6',
      'function A.make 7-10',
      'function top 12-14',
    ],
  },
  'a.pl': {
    text: `package Shop;
our $LIMIT = 5;
sub total {
  my ($x) = @_; # }
  return { a => 1 };
}
sub other($x)
{
}
`,
    expected: ['block LIMIT 2-2', 'function total 3-6', 'function other 7-9'],
  },
  'a.R': {
    text: `total <- function(x,
                  y) {
  z <- x
  z
}
limit <- 5
"%+%" <- function(a, b) a
Cart <- R6Class("Cart",
  public = list(x = 1)
)
`,
    expected: ['function total 1-5', 'block limit 6-6', 'function %+% 7-7', 'class Cart 8-10'],
  },
  'a.nu': {
    text: `export def "cart add" [
  name: string
] {
  let x = 1
}
def main [] { }
const limit = 5
`,
    expected: ['function cart add 1-5', 'function main 6-6', 'block limit 7-7'],
  },
  'a.awk': {
    text: `function f(a) {
  return a
}
BEGIN { x }
`,
    expected: ['function f 1-3', 'block BEGIN 4-4'],
  },
  'a.clj': {
    text: `(ns shop.core)
(def limit 5)
(defn total
  "doc ("
  [x]
  (let [y x] y))
(defn- priv [x] x)
(defrecord Cart [a])
(deftest total-test
  (is 1)) ; )
`,
    expected: [
      'block limit 2-2',
      'function total 3-6',
      'function priv 7-7',
      'class Cart 8-8',
      'function total-test 9-10',
    ],
  },
  'a.el': {
    text: `(defun shop-total (x)
  "d"
  x)
(defvar shop-limit 5)
`,
    expected: ['function shop-total 1-3', 'block shop-limit 4-4'],
  },
  'a.tcl': {
    text: `namespace eval shop {
  proc total {x} {
    return $x
  }
}
`,
    expected: ['class shop 1-5', 'function shop.total 2-4'],
  },
  'a.glsl': {
    text: `#define MAX 5
struct Light {
  vec3 a;
};
vec4 shade(vec3 n) {
  if (n.x > 0.0) { return a; }
  return b;
}
void main()
{
}
`,
    expected: ['block MAX 1-1', 'class Light 2-4', 'function shade 5-8', 'function main 9-11'],
  },
  'a.d': {
    text: `class Cart {
  int total(int x) {
    return x;
  }
}
`,
    expected: ['class Cart 1-5', 'function Cart.total 2-4'],
  },
}

it('finds the next function where brackets in a pattern are left open', async () => {
  const text = 'sub a {\n  /[{(]/;\n}\nsub b {\n  1;\n}\n'
  expect(await outlineOfText('a.pl', text)).toEqual(['function a 1-3', 'function b 4-6'])
  const tcl = '#\tcomment (\nproc a {x} {\n  regexp "\\{" $x\n}\nproc b {} {\n}\n'
  expect(await outlineOfText('a.tcl', tcl)).toEqual(['function a 2-4', 'function b 5-6'])
})

it.each(Object.entries(EXAMPLES))('outlines %s', async (path, { text, expected }) => {
  expect(await outlineOfText(path, text)).toEqual(expected)
  expect(await outlineOfText(path, text.replaceAll('\n', '\r\n'))).toEqual(expected)
})
