import { expect, it } from 'vitest'
import { outlineOfText } from '../../../../../test/support/outline.ts'

const EXAMPLES: Readonly<Record<string, { readonly text: string; readonly expected: readonly string[] }>> = {
  'a.proto': {
    text: `syntax = "proto3";
message Order {
  string id = 1;
  repeated Item items = 2;
  message Inner { int32 a = 1; }
  enum State { OPEN = 0; }
}
service Shop {
  rpc Get(Order) returns (Order);
  rpc Put(Order) returns (Order) {
    option x = 1;
  }
}
`,
    expected: [
      'class Order 2-7',
      'block Order.id 3-3',
      'block Order.items 4-4',
      'class Order.Inner 5-5',
      'class Order.State 6-6',
      'class Shop 8-13',
      'function Shop.Get 9-9',
      'function Shop.Put 10-12',
    ],
  },
  'a.graphql': {
    text: `type Query {
  order(id: ID!): Order
  items: [Item!]!
}
extend type Order @key {
  total: Int
}
enum State {
  OPEN
  CLOSED @deprecated
}
scalar Date
query GetOrder($id: ID!) {
  order { id }
}
`,
    expected: [
      'class Query 1-4',
      'block Query.order 2-2',
      'block Query.items 3-3',
      'class Order 5-7',
      'block Order.total 6-6',
      'class State 8-11',
      'block State.OPEN 9-9',
      'block State.CLOSED 10-10',
      'block Date 12-12',
      'function GetOrder 13-15',
    ],
  },
  'a.thrift': {
    text: `struct Order {
  1: i32 id
}
service Shop {
  void put(1: Order a)
}
`,
    expected: ['class Order 1-3', 'class Shop 4-6'],
  },
  'schema.prisma': {
    text: `model Order {
  id Int @id
}
enum State {
  OPEN
}
`,
    expected: ['class Order 1-3', 'block Order.id 2-2', 'class State 4-6'],
  },
  'a.css': {
    text: `:root {
  --gap: 4px;
}
.cart,
.cart:hover {
  color: red; /* } */
}
@media (max-width: 9px) {
  .cart a { color: blue }
}
`,
    expected: [
      'block :root 1-3',
      'block :root.--gap 2-2',
      'block .cart, .cart:hover 4-7',
      'block @media (max-width: 9px) 8-10',
      'block @media (max-width: 9px)..cart a 9-9',
    ],
  },
  'a.scss': {
    text: `$gap: 4px;
@mixin box($a) {
  b: $a;
}
.cart {
  &:hover { x: y }
  // }
  .inner {
    a: b;
  }
}
`,
    expected: [
      'block $gap 1-1',
      'function box 2-4',
      'block .cart 5-11',
      'block .cart.&:hover 6-6',
      'block .cart..inner 8-10',
    ],
  },
}

it('takes a selector whose bracket stands below it', async () => {
  const text = '.a,\n.b\n{\n  color: red;\n}\n.c { x: y }\n'
  expect(await outlineOfText('a.css', text)).toEqual(['block .a, .b 1-5', 'block .c 6-6'])
})

it.each(Object.entries(EXAMPLES))('outlines %s', async (path, { text, expected }) => {
  expect(await outlineOfText(path, text)).toEqual(expected)
  expect(await outlineOfText(path, text.replaceAll('\n', '\r\n'))).toEqual(expected)
})
