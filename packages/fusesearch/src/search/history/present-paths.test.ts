import { expect, test } from 'vitest'
import { presentPaths } from './present-paths.ts'

const FILES = ['src/shop/cart.py', 'shop/__init__.py', 'web/shop/__init__.py', 'setup.py', 'a/b/c/mail.py']

function today(path: string): string | undefined {
  return presentPaths(['setup.py', path, 'x/b/mail.py'], FILES).get(path)
}

test('a file that is there still is itself', () => {
  expect(today('shop/__init__.py')).toBe('shop/__init__.py')
})

test('a file that moved is found by its name, where a folder is the same', () => {
  expect(today('shop/cart.py')).toBe('src/shop/cart.py')
  expect(today('shop/v1/cart.py')).toBe('src/shop/cart.py')
  expect(today('x/b/mail.py')).toBe('a/b/c/mail.py')
})

test('what was deleted, and what several files may be, stands for none', () => {
  expect(today('shop/gone.py')).toBeUndefined()
  expect(today('shop/x/__init__.py')).toBeUndefined()
  expect(today('tools/setup.py')).toBeUndefined()
  expect(today('other/cart.py')).toBeUndefined()
})
