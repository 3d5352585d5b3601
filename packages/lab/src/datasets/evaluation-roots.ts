/**
 * The first twelve digits of the commit with which each evaluation repository began (by first parents), sorted. A clone
 * or a fork has the same, whatever its name. Read from clones of 109 of `EVALUATION_REPOSITORIES`; the others are
 * known by name alone.
 */
const ROOTS: readonly string[] = [
  '0070e48ebceb 02de46a5464f 05488db498c1 07294378b39f 07ed4b679f51 0bea0268caa1 0d8e4bd6e958 13f190cfd613',
  '15216a0883d1 1677c4a52a0a 1edf5101afba 1f0bd8cac393 1ff298898661 239fc1b76761 2403f14853ad 2470b20ef5ab',
  '27b289ee3b30 27fef9c7385f 3401f6b46019 3c23f64d3970 3e79fee59e79 41fe40bfc84a 429d71943d6b 43badf217d1c',
  '48111d043ec5 49e55f7605ea 4a01c2be5740 4fa74b5252a2 509f27e5c601 50a1d6f3f155 55335ea45c41 57d1f32de5bf',
  '595ac51b5af7 5992a8ef2142 5c14d05ff44d 5ca5b61e528c 5d64e2da1bd1 6219bccc477c 649cf336e86d 6559097720cb',
  '6884233a744d 6a060dfd7ee1 6a56c25a8c8c 6a7138f5f603 6b10234e6ff5 6d01f6287c20 6f0826a9c169 70e993806e48',
  '71c229e8b647 7294faa9d945 734d28b51502 782e9c1ddc4d 792c6ed9428a 7efa227aa37b 859b5d7ea3b8 8f3b273337b5',
  '8f5a80ea07e0 91871496a21a 92fbeab6ad94 95f6fa16d532 99b21ff58ad2 9d0080576446 9d1e619ff359 9f2d17d2ffb1',
  'a0e7ee9d0d12 a30e858e59d7 a428c953ffd0 a4978c71cba6 a8e844dad563 a9ffb9785089 aeccba54d0bf afbead34db54',
  'b0e927629b22 b82b6191fb18 bc64194be17b bca076a03086 c2f70c737825 c3db5ceef7da c4b8d8a572aa c59a212a4cda',
  'c97696c224d7 cae39a8a2a6e d0dbe3994ca7 d189e05d2367 d2988f322b26 d4e96b33e343 d5b68f2fbddb d6dd1dfe19dd',
  'd6ded0e91bcd d9a61b1a6979 de69bb287c50 e256f9e622ff e2d996753bac e3139eea2f8e e7615cbc6b4a e7d9d9c08c79',
  'e9f1a5645ef7 eb1fb55ac331 ec27d5d8a168 eca89acee00f ed9b544e10b8 f1a2d6376c43 f31421576b00 f382b5ffc445',
  'f3b334623914 f6202cb59723 f88703334062 ff39cd6d4d01',
]

const KNOWN: ReadonlySet<string> = new Set(ROOTS.flatMap((line) => line.split(' ')))
const DIGITS = 12

/** Whether a history that began with this commit (full hash) is that of an evaluation repository. */
export function isEvaluationHistory(rootCommit: string): boolean {
  return KNOWN.has(rootCommit.slice(0, DIGITS))
}
