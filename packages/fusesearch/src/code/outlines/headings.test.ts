import { expect, it } from 'vitest'
import { outlineOfText } from '../../../../../test/support/outline.ts'

const EXAMPLES: Readonly<Record<string, { readonly text: string; readonly expected: readonly string[] }>> = {
  'docs/a.md': {
    text: `---
title: x
---
# Guide \`shop\`

Intro

## Install ##
\`\`\`sh
# not a heading
\`\`\`

### On Linux {#linux}
x

Setext title
------------
last
`,
    expected: [
      'block Guide shop 4-18',
      'block Guide shop.Install 8-14',
      'block Guide shop.Install.On Linux 13-14',
      'block Guide shop.Setext title 16-18',
    ],
  },
  'README.md': {
    text: `# Shop [![Build](https://ci.example/shop.svg?branch=main)][ci] ![logo](a.png)

## See [the guide](docs/guide.md) and [ci][]
x

The [cart](cart.md)
-------------------
x
`,
    expected: ['block Shop 1-8', 'block Shop.See the guide and ci 3-4', 'block Shop.The cart 6-8'],
  },
  'README.rst': {
    text: `=====
Title
=====

Part
----
text

Sub
~~~
text

Next
----
x
`,
    expected: ['block Title 2-15', 'block Title.Part 5-11', 'block Title.Part.Sub 9-11', 'block Title.Next 13-15'],
  },
  'a.adoc': {
    text: `= Book
== One
----
== no
----
=== Deep
== Two
end
`,
    expected: ['block Book 1-8', 'block Book.One 2-6', 'block Book.One.Deep 6-6', 'block Book.Two 7-8'],
  },
  'a.org': {
    text: `* One
** TODO Inner
#+begin_src sh
* no
#+end_src
* Two
`,
    expected: ['block One 1-5', 'block One.TODO Inner 2-5', 'block Two 6-6'],
  },
  'a.tex': {
    text: `\\section{One}
text
\\subsection*{Inner}
x
\\section[short]{Two}
`,
    expected: ['block One 1-4', 'block One.Inner 3-4', 'block Two 5-5'],
  },
  'a.feature': {
    text: `Feature: Cart
  Background:
    Given a shop

  Scenario: Add a thing
    When I add
    Then one

  Scenario Outline: Remove
    When I remove
`,
    expected: [
      'class Cart 1-10',
      'function Cart.Background 2-3',
      'function Cart.Add a thing 5-7',
      'function Cart.Remove 9-10',
    ],
  },
}

it.each(Object.entries(EXAMPLES))('outlines %s', async (path, { text, expected }) => {
  expect(await outlineOfText(path, text)).toEqual(expected)
  expect(await outlineOfText(path, text.replaceAll('\n', '\r\n'))).toEqual(expected)
})
