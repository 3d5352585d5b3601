import { expect, it } from 'vitest'
import { outlineOfText } from '../../../../../test/support/outline.ts'

const EXAMPLES: Readonly<Record<string, { readonly text: string; readonly expected: readonly string[] }>> = {
  'a.sh': {
    text: `#!/bin/bash
LIMIT=5
add_path() {
  inner() { :; }
  echo "}"
}
function other {
  :
}
`,
    expected: ['block LIMIT 2-2', 'function add_path 3-6', 'function add_path.inner 4-4', 'function other 7-9'],
  },
  'a.lua': {
    text: `local M = {}
function M.run(a)
  local function inner() end
end
function M:go() end
M.x = function()
end
return { a = function() end }
`,
    expected: ['function M.run 2-4', 'function M.run.inner 3-3', 'function M.go 5-5', 'function M.x 6-7'],
  },
  'a.ex': {
    text: `defmodule Shop.Cart do
  @max 5
  @doc "x"
  def total(items) when is_list(items), do: 1

  def total?(x) do
    case x do
      1 -> 2
    end
  end

  defp priv, do: 1
  defmodule Inner do
    def a(), do: 1
  end
end
`,
    expected: [
      'class Shop.Cart 1-16',
      'block Shop.Cart.max 2-2',
      'function Shop.Cart.total 4-4',
      'function Shop.Cart.total? 6-10',
      'function Shop.Cart.priv 12-12',
      'class Shop.Cart.Inner 13-15',
      'function Shop.Cart.Inner.a 14-14',
    ],
  },
  'a_test.exs': {
    text: `defmodule T do
  describe "cart" do
    test "adds items" do
      assert 1
    end
  end
end
`,
    expected: ['class T 1-7', 'class T.cart 2-6', 'function T.cart.adds items 3-5'],
  },
  'a.jl': {
    text: `module Shop
const MAX = 5
struct A{T} <: B
  x::T
end
function run(a, b)
  for i in a
    x
  end
end
f(x) = x + 1
Base.show(io::IO, x::A) = 1
end
`,
    expected: [
      'class Shop 1-13',
      'block Shop.MAX 2-2',
      'class Shop.A 3-5',
      'function Shop.run 6-10',
      'function Shop.f 11-11',
      'function Shop.Base.show 12-12',
    ],
  },
  'a.hs': {
    text: `module Shop where
import X
data A = B Int
  | C
class Show a => K a where
  k :: a -> Int
instance K A where
  k x = 1
total :: Int -> Int
total 0 = 1
total x
  | x > 1 = y
  where y = x

main :: IO ()
main = do
  print 1
`,
    expected: [
      'class A 3-4',
      'class K 5-6',
      'function K.k 6-6',
      'class K A 7-8',
      'function K A.k 8-8',
      'function total 9-13',
      'function main 15-17',
    ],
  },
  'a.ml': {
    text: `open X
let max = 5
let rec total x =
  let inner y = y in
  inner x
and other y = y
module M = struct
  let f x = x
  type t = int
end
type t = { a : int }
let g = function
  | 1 -> 2
`,
    expected: [
      'block max 2-2',
      'function total 3-5',
      'function total.inner 4-4',
      'function other 6-6',
      'class M 7-9',
      'function M.f 8-8',
      'class M.t 9-9',
      'class t 11-11',
      'function g 12-13',
    ],
  },
  'a.erl': {
    text: `-module(cart).
-record(order, {id}).
-define(MAX, 5).
total([]) ->
    0;
total([H | T]) ->
    H + total(T).

handle_call(X, _F, S) ->
    ok.
`,
    expected: ['class order 2-2', 'block MAX 3-3', 'function total 4-7', 'function handle_call 9-10'],
  },
  'A.elm': {
    text: `module A exposing (..)
type alias M =
    { a : Int }

view : M -> Html
view m =
    text m

update m = m
`,
    expected: ['class M 2-3', 'function view 5-7', 'function update 9-9'],
  },
  'a.fs': {
    text: `module Shop =
  let max = 5
  let total x =
    x + 1
type Cart() =
  member this.Total = 1
  static member Make(x) =
    x
`,
    expected: [
      'class Shop 1-4',
      'block Shop.max 2-2',
      'function Shop.total 3-4',
      'class Cart 5-8',
      'function Cart.Total 6-6',
      'function Cart.Make 7-8',
    ],
  },
  'a.pyx': {
    text: `cdef class A:
    cpdef int run(self):
        return 1
def f(x):
    return x
`,
    expected: ['class A 1-3', 'function A.run 2-3', 'function f 4-5'],
  },
  'a.nim': {
    text: `type
  Cart = object
    a: int
proc total*(x: int): int =
  x
const limit = 5
`,
    expected: ['class Cart 2-3', 'function total 4-5', 'block limit 6-6'],
  },
  'a.gd': {
    text: `class_name A
const MAX = 5
func _ready() -> void:
	pass

static func make():
	return 1
`,
    expected: ['block MAX 2-2', 'function _ready 3-4', 'function make 6-7'],
  },
  'a.cr': {
    text: `module Shop
  class Cart
    def total(x)
      if x
        1
      end
    end
  end
end
`,
    expected: ['class Shop 1-9', 'class Shop.Cart 2-8', 'function Shop.Cart.total 3-7'],
  },
  'a.fish': {
    text: `function cart -a x
    if test
        echo
    end
end
`,
    expected: ['function cart 1-5'],
  },
  'a.vim': {
    text: `let g:limit = 5
function! shop#total(x) abort
  if 1
  endif
endfunction
augroup shop
  au x
augroup END
`,
    expected: ['block g:limit 1-1', 'function shop#total 2-5', 'block shop 6-7'],
  },
  'a.vb': {
    text: `Public Class Cart
    Public Sub Run()
    End Sub
    Private Function Total(x As Integer) As Integer
        If x Then
        End If
    End Function
End Class
`,
    expected: ['class Cart 1-8', 'function Cart.Run 2-3', 'function Cart.Total 4-7'],
  },
  'a.f90': {
    text: `module shop
contains
  pure integer function total(x)
    integer :: x
  end function total
  subroutine run
  end subroutine
end module shop
`,
    expected: ['class shop 1-8', 'function shop.total 3-5', 'function shop.run 6-7'],
  },
  'a.pas': {
    text: `procedure TCart.Run;
var x: Integer;
begin
  x := 1;
end;
function Total: Integer;
begin
end;
`,
    expected: ['function TCart.Run 1-5', 'function Total 6-8'],
  },
  'a.sv': {
    text: `module cart (
  input a
);
  function int total(int x);
    return x;
  endfunction
endmodule
`,
    expected: ['class cart 1-7', 'function cart.total 4-6'],
  },
}

it.each(Object.entries(EXAMPLES))('outlines %s', async (path, { text, expected }) => {
  expect(await outlineOfText(path, text)).toEqual(expected)
  expect(await outlineOfText(path, text.replaceAll('\n', '\r\n'))).toEqual(expected)
})
