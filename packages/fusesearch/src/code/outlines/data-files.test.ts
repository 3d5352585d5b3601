import { expect, it } from 'vitest'
import { outlineOfText } from '../../../../../test/support/outline.ts'

const EXAMPLES: Readonly<Record<string, { readonly text: string; readonly expected: readonly string[] }>> = {
  '.github/workflows/ci.yml': {
    text: `name: CI
on:
  push:
    branches: [main]
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
    - uses: actions/checkout@v4
    - name: Run tests
      run: |
        npm ci
        key: no
    - run: echo
  # publishes
  publish:
    needs: test
`,
    expected: [
      'block name 1-1',
      'block on 2-4',
      'block on.push 3-4',
      'block on.push.branches 4-4',
      'block jobs 5-17',
      'function jobs.test 6-14',
      'block jobs.test.runs-on 7-7',
      'block jobs.test.steps 8-14',
      'block jobs.test.steps.actions/checkout@v4 9-9',
      'block jobs.test.steps.Run tests 10-13',
      'function jobs.publish 16-17',
      'block jobs.publish.needs 17-17',
    ],
  },
  'compose.yaml': {
    text: `services:
  web:
    image: "a:b"
    environment:
      - A=1
"quoted key": 1
---
other: >-
  text: no
list:
  - id: first
    x: 1
  -
    name: second
`,
    expected: [
      'block services 1-5',
      'block services.web 2-5',
      'block services.web.image 3-3',
      'block services.web.environment 4-5',
      'block quoted key 6-6',
      'block other 8-9',
      'block list 10-14',
      'block list.first 11-12',
      'block list.second 13-14',
    ],
  },
  'a.json': {
    text: `{
  "name": "shop",
  "scripts": { "build": "tsc", "test": "x" },
  "deep": {
    "a": {
      "b": {
        "c": 1
      }
    }
  },
  "list": [
    { "name": "one", "v": 1 },
    {
      "v": 2,
      "id": "two"
    }
  ] // end
}
`,
    expected: [
      'block name 2-2',
      'block scripts 3-3',
      'block scripts.build 3-3',
      'block scripts.test 3-3',
      'block deep 4-10',
      'block deep.a 5-9',
      'block deep.a.b 6-8',
      'block list 11-17',
      'block list.one 12-12',
      'block list.two 13-16',
    ],
  },
  'pyproject.toml': {
    text: `title = "x"

[tool.ruff]
# lines
line-length = 100
select = [
  "A",
  "B",
]

[[package]]
name = "a"
text = """
[no]
k = 1
"""
`,
    expected: [
      'block title 1-1',
      'block tool.ruff 3-9',
      'block tool.ruff.line-length 5-5',
      'block tool.ruff.select 6-9',
      'block package 11-16',
      'block package.name 12-12',
      'block package.text 13-16',
    ],
  },
  'setup.cfg': {
    text: `[metadata]
name = shop
[options]
install_requires =
    a
    b>=1
; comment
zip_safe: false
`,
    expected: [
      'block metadata 1-2',
      'block metadata.name 2-2',
      'block options 3-8',
      'block options.install_requires 4-7',
      'block options.zip_safe 8-8',
    ],
  },
  'a.properties': {
    text: `# c
cart.title=Cart
cart.close : Close \\
  more
`,
    expected: ['block cart.title 2-2', 'block cart.close 3-4'],
  },
  '.env.example': {
    text: `SHOP_DIR=/x
export SHOP_PORT=80
# C=1
`,
    expected: ['block SHOP_DIR 1-1', 'block SHOP_PORT 2-2'],
  },
  'requirements.txt': {
    text: `requests>=2
flask[async]==1 ; python_version > "3"
-r other.txt
attrs
`,
    expected: ['block requests 1-1', 'block flask 2-2', 'block -r 3-3', 'block attrs 4-4'],
  },
  'a.po': {
    text: `msgid ""
msgstr ""
"Project: x"

msgid "Add to cart"
msgstr "In den Korb"

msgid ""
"Long one"
msgstr "x"
`,
    expected: ['block Add to cart 5-6', 'block Long one 8-10'],
  },
  'Localizable.strings': {
    text: `/* c */
"cart.add" = "Add";
"Close" = "Close it";
`,
    expected: ['block cart.add 2-2', 'block Close 3-3'],
  },
  'pom.xml': {
    text: `<?xml version="1.0"?>
<project>
  <!-- <no id="x"> -->
  <dependencies>
    <dependency>
      <groupId>a</groupId>
    </dependency>
  </dependencies>
  <build/>
</project>
`,
    expected: [
      'block project 2-10',
      'block project.dependencies 4-8',
      'block project.dependencies.dependency 5-7',
      'block project.build 9-9',
    ],
  },
  'strings.xml': {
    text: `<resources>
  <string name="title">Cart</string>
  <plurals name="items">
    <item quantity="one">x</item>
  </plurals>
</resources>
`,
    expected: [
      'block resources 1-6',
      'block resources.string#title 2-2',
      'block resources.plurals#items 3-5',
      'block resources.plurals#items.item 4-4',
    ],
  },
  'cart.html': {
    text: `<!doctype html>
<html>
<body>
{% block content %}
<form id="cart"
      action="/x">
  <input name="count" value="a>b">
  <p>text</p>
</form>
{% endblock %}
<script>
function send() {
  return "<form id='no'>"
}
</script>
</body>
</html>
`,
    expected: [
      'block block content 4-10',
      'block block content.form#cart 5-9',
      'block block content.form#cart.input#count 7-7',
      'block script 11-15',
      'function send 12-14',
    ],
  },
  'schema.sql': {
    text: `-- c
CREATE TABLE IF NOT EXISTS "orders" (
  id INT PRIMARY KEY,
  placed_at TIMESTAMP, -- x
  PRIMARY KEY (id)
);

CREATE UNIQUE INDEX orders_placed ON orders (id);
ALTER TABLE shop.orders
  ADD COLUMN x INT;
CREATE OR REPLACE FUNCTION total(a int) RETURNS int AS $$
BEGIN
  SELECT 1;
  RETURN 1;
END;
$$ LANGUAGE plpgsql;
INSERT INTO orders VALUES ('a;
b');
CREATE PROCEDURE p()
BEGIN
  SELECT 1;
END;
SELECT 1;
`,
    expected: [
      'block orders 2-6',
      'block orders.id 3-3',
      'block orders.placed_at 4-4',
      'block orders_placed 8-8',
      'block shop.orders 9-10',
      'function total 11-16',
      'block orders 17-18',
      'function p 19-22',
      'block SELECT 23-23',
    ],
  },
  'a.ipynb': {
    text: `{
 "cells": [
  {
   "cell_type": "markdown",
   "source": [
    "## Load data\\n",
    "text"
   ]
  },
  {
   "cell_type": "code",
   "outputs": [{"data": {"source": "no"}}],
   "source": [
    "%matplotlib inline\\n",
    "def plot(x):\\n",
    "    return x\\n",
    "class A:\\n",
    "    def m(self): pass"
   ]
  }
 ],
 "metadata": {"kernelspec": {"language": "python"}}
}
`,
    expected: [
      'block Load data 3-9',
      'block cell 2 10-20',
      'function plot 15-16',
      'class A 17-18',
      'function A.m 18-18',
    ],
  },
}

it.each(Object.entries(EXAMPLES))('outlines %s', async (path, { text, expected }) => {
  expect(await outlineOfText(path, text)).toEqual(expected)
  expect(await outlineOfText(path, text.replaceAll('\n', '\r\n'))).toEqual(expected)
})
