/** The change of a file, or why it isn't changed. */
export type Merged =
  /** The file's new text; undefined to delete the file. */
  | { readonly kind: 'change'; readonly text: string | undefined }
  /** Nothing to do: our part is in it word for word, or, for a removal, isn't in it. */
  | { readonly kind: 'unchanged' }
  /** Someone's edits would have to be changed: `paste` is our part, to add or remove by hand. */
  | { readonly kind: 'refused'; readonly reason: string; readonly paste: string }
