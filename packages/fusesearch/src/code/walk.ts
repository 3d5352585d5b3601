import type { Node, Tree } from 'web-tree-sitter'

/** Which nodes of a tree a walk visits. */
export interface Wanted {
  readonly types: string[]
  /** The only node types to look inside; undefined: all. */
  readonly holders: readonly string[] | undefined
}

/** The tree's nodes of the wanted types in source order; outer nodes before inner ones. */
export function nodesOf(tree: Tree, { types, holders }: Wanted): Node[] {
  if (holders === undefined) return tree.rootNode.descendantsOfType(types)
  const names = tree.language.types
  return walk(
    tree,
    names.map((name) => types.includes(name)),
    names.map((name) => holders.includes(name)),
  )
}

function walk(tree: Tree, isWanted: readonly boolean[], isHolder: readonly boolean[]): Node[] {
  const found: Node[] = []
  const cursor = tree.walk()
  try {
    for (let depth = 0; ; ) {
      const type = cursor.nodeTypeId
      if (isWanted[type] === true) found.push(cursor.currentNode)
      // The type of an ERROR node is no valid index into the language's types.
      if (isHolder[type] !== false && cursor.gotoFirstChild()) {
        depth++
        continue
      }
      while (!cursor.gotoNextSibling()) {
        if (depth === 0) return found
        cursor.gotoParent()
        depth--
      }
    }
  } finally {
    cursor.delete()
  }
}
