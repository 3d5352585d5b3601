import { describe, expect, it } from 'vitest'
import { outlineOfText } from '../../../../test/support/outline.ts'
import { hasDefinitions } from './index.ts'

describe('definitionsOf', () => {
  it('reads a language with a grammar as parseDefinitions does', async () => {
    expect(await outlineOfText('a.py', 'def a():\n    return 1\n')).toEqual(['function a 1-2'])
  })

  it('knows a script without extension by its first line', async () => {
    const text = '#!/usr/bin/env -S python3 -u\ndef a():\n    return 1\n'
    expect(await outlineOfText('bin/tool', text)).toEqual(['function a 2-3'])
    expect(hasDefinitions('bin/tool', '#!/usr/bin/env -S python3 -u')).toBe(true)
    expect(await outlineOfText('bin/other', '#!/bin/sh\nrun() {\n  :\n}\n')).toEqual(['function run 2-4'])
    expect(await outlineOfText('bin/none', 'run() {\n}\n')).toBeUndefined()
    expect(hasDefinitions('bin/none')).toBe(false)
  })

  it('gives functions of a component at the lines of its file', async () => {
    const text = `<script setup lang="ts">
import { ref } from 'vue'
function close(): void {
  open.value = false
}
</script>

<template>
  <template #head><b /></template>
</template>

<style scoped>
.a { color: red }
</style>
`
    expect(await outlineOfText('a.vue', text)).toEqual([
      'block script 1-6',
      'function close 3-5',
      'block template 8-10',
      'block style 12-14',
    ])
    expect(await outlineOfText('a.vue', text.replaceAll('\n', '\r\n'))).toEqual(await outlineOfText('a.vue', text))
  })

  it('reads the front matter of Astro and the scripts of Svelte', async () => {
    expect(
      await outlineOfText('a.astro', '---\nfunction a() {}\n---\n<b />\n<script>\nfunction c() {}\n</script>\n'),
    ).toEqual(['block front matter 1-3', 'function a 2-2', 'block script 5-7', 'function c 6-6'])
    expect(await outlineOfText('a.svelte', '<b/>\n<script>\n  const f = () => 1\n</script>\n')).toEqual([
      'block script 2-4',
      'function f 3-3',
    ])
  })
})
