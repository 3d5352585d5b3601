import { expect, it } from 'vitest'
import { outlineOfText } from '../../../../../test/support/outline.ts'

const EXAMPLES: Readonly<Record<string, { readonly text: string; readonly expected: readonly string[] }>> = {
  'main.tf': {
    text: `resource "aws_instance" "web" {
  ami = "x" # {
  tags = {
    Name = "a"
  }
  dynamic "ingress" {
    for_each = var.x
  }
}
variable "region" {}
locals {
  a = 1
}
`,
    expected: [
      'block resource.aws_instance.web 1-9',
      'block resource.aws_instance.web.ami 2-2',
      'block resource.aws_instance.web.tags 3-5',
      'block resource.aws_instance.web.tags.Name 4-4',
      'block resource.aws_instance.web.dynamic.ingress 6-8',
      'block resource.aws_instance.web.dynamic.ingress.for_each 7-7',
      'block variable.region 10-10',
      'block locals 11-13',
      'block locals.a 12-12',
    ],
  },
  Dockerfile: {
    text: `ARG BASE=x
FROM node:20 AS build
RUN npm ci \\
  # why
  && npm run build
ENV SHOP_DIR=/x

FROM scratch
COPY --from=build /a /b
CMD ["a"]
`,
    expected: [
      'block ARG BASE 1-1',
      'class build 2-6',
      'block build.FROM 2-2',
      'block build.RUN 3-5',
      'block build.ENV SHOP_DIR 6-6',
      'class stage 1 8-10',
      'block stage 1.FROM 8-8',
      'block stage 1.COPY 9-9',
      'block stage 1.CMD 10-10',
    ],
  },
  Makefile: {
    text: `CC := gcc
export FLAGS = -O2 \\
  -g
.PHONY: all
all: a b
	echo 1

	echo 2
# c
a b: x.c
	$(CC) x.c
define recipe
echo
endef
%.o: %.c ; cc
`,
    expected: [
      'block CC 1-1',
      'block FLAGS 2-3',
      'function all 5-8',
      'function a b 10-11',
      'function recipe 12-14',
      'function %.o 15-15',
    ],
  },
  justfile: {
    text: `set shell := ["sh"]
v := "1"
# c
@build target="x": test
    cargo build

test:
    cargo test
`,
    expected: ['block shell 1-1', 'block v 2-2', 'function build 4-5', 'function test 7-8'],
  },
  'CMakeLists.txt': {
    text: `project(shop)
set(SOURCES
  a.c
  b.c)
option(SHOP_X "x (y" ON)
function(add_thing name)
  set(local 1)
endfunction()
if(SHOP_X)
  add_compile_options(/EHsc)
endif()
add_library(core
  a.c
)
target_link_libraries(core PUBLIC
  z)
`,
    expected: [
      'block project shop 1-1',
      'block SOURCES 2-4',
      'block SHOP_X 5-5',
      'function add_thing 6-8',
      'block add_thing.local 7-7',
      'block add_compile_options /EHsc 10-10',
      'function core 12-14',
      'block target_link_libraries core 15-16',
    ],
  },
  Jenkinsfile: {
    text: `def helper(a) {
  return 1
}
pipeline {
  agent any
  stages {
    stage('Build it') {
      steps { sh 'make' }
    }
  }
}
`,
    expected: [
      'function helper 1-3',
      'block pipeline 4-11',
      'block pipeline.stages 6-10',
      'function pipeline.stages.Build it 7-9',
      'block pipeline.stages.Build it.steps 8-8',
    ],
  },
  'build.gradle': {
    text: `plugins { id 'java' }
ext.version = '1'
dependencies {
  implementation 'a:b'
}
task copyIt(type: Copy) {
  from 'a'
}
`,
    expected: ['block plugins 1-1', 'block version 2-2', 'block dependencies 3-5', 'function copyIt 6-8'],
  },
  'BUILD.bazel': {
    text: `load("x", "y")
NAMES = [
  "a",
]
py_library(
  name = "cart",
  srcs = ["a.py"],
)
`,
    expected: ['block NAMES 2-4', 'function cart 5-8'],
  },
  'defs.bzl': {
    text: `def cart(name):
  native.x(
    name = name,
  )
`,
    expected: ['function cart 1-4'],
  },
  'meson.build': {
    text: `project('shop', 'c')
deps = dependency('x')
executable('shop',
  'a.c')
`,
    expected: ['block shop 1-1', 'block deps 2-2', 'function shop 3-4'],
  },
  'flake.nix': {
    text: `{
  description = "x";
  outputs = { self }: {
    packages.default = 1;
    shell = mk {
      a = 1;
    };
  };
}
`,
    expected: [
      'block description 2-2',
      'block outputs 3-8',
      'block outputs.packages.default 4-4',
      'block outputs.shell 5-7',
      'block outputs.shell.a 6-6',
    ],
  },
  'nginx.conf': {
    text: `http {
  server {
    listen 80;
    location /api {
      proxy_pass x;
    }
  }
}
`,
    expected: ['block http 1-8', 'block http.server 2-7', 'block http.server.location /api 4-6'],
  },
}

it.each(Object.entries(EXAMPLES))('outlines %s', async (path, { text, expected }) => {
  expect(await outlineOfText(path, text)).toEqual(expected)
  expect(await outlineOfText(path, text.replaceAll('\n', '\r\n'))).toEqual(expected)
})
