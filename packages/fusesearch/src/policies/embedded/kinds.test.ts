import { expect, test } from 'vitest'
import { commitAll, git, temporaryFolder, writeFiles } from '../../../../../test/support/folder.ts'
import { locate } from '../../locate/index.ts'
import { createEmbeddedPolicy } from './policy.ts'

/** Files that say a little of everything and are never right. */
const OTHERS = Object.fromEntries(
  Array.from({ length: 6 }, (_, index) => [
    `lib/other${index}.py`,
    `def load_${index}(path):\n    """Loads the path; the value is wrong when it is empty."""\n    return path\n`,
  ]),
)

interface Kind {
  readonly kind: string
  readonly issue: string
  readonly files: Readonly<Record<string, string>>
  /** The file that must come first in the answer. */
  readonly right: string
  readonly name?: string
}

const KINDS: readonly Kind[] = [
  {
    kind: 'a hidden workflow that the issue names',
    issue: 'Nightly build never runs\n\nThe cron line of .github/workflows/nightly.yml has six fields.',
    files: {
      '.github/workflows/nightly.yml': 'on:\n  schedule:\n    - cron: "0 0 * * * *"\n',
      'lib/build.py': 'def build():\n    pass\n',
    },
    right: '.github/workflows/nightly.yml',
  },
  {
    kind: 'a document that the issue names',
    issue: 'Typo in the guide\n\ndocs/guide.md tells people to run `makee all`.',
    files: { 'docs/guide.md': '# Guide\n\nRun `makee all`.\n', 'lib/guide.py': 'def guide():\n    pass\n' },
    right: 'docs/guide.md',
  },
  {
    kind: 'a build file with the ending of a text',
    issue: 'PARCEL_STATIC is ignored\n\nCMakeLists.txt reads another option.',
    files: {
      'CMakeLists.txt': 'option(PARCEL_STATC "static" OFF)\n',
      'src/parcel.c': 'int parcel(void) { return 1; }\n',
    },
    right: 'CMakeLists.txt',
  },
  {
    kind: 'a frame of .NET',
    issue:
      'Crash when a parcel is weighed\n\nSystem.NullReferenceException: no reference\n   at Post.Scale.WeighParcel(Parcel parcel) in D:\\build\\post\\src\\Scale.cs:line 4\n   at Post.Desk.Accept(Parcel parcel) in D:\\build\\post\\src\\Desk.cs:line 4\n',
    files: {
      'src/Scale.cs':
        'namespace Post {\n  class Scale {\n    int WeighParcel(Parcel parcel) {\n      return parcel.Weight;\n    }\n  }\n}\n',
      'src/Desk.cs':
        'namespace Post {\n  class Desk {\n    void Accept(Parcel parcel) {\n      scale.WeighParcel(parcel);\n    }\n  }\n}\n',
    },
    right: 'src/Scale.cs',
    name: 'Scale.WeighParcel',
  },
  {
    kind: 'a compiled path in a trace',
    issue: 'TypeError: x is undefined\n    at r.a (/srv/node_modules/@post/core/dist/stamp.js:1:2044)\n',
    files: {
      'packages/core/src/stamp.ts': 'export function stampOf(letter: string) {\n  return letter.trim()\n}\n',
      'packages/core/src/letter.ts': 'export function letterOf(x: string) {\n  return x\n}\n',
    },
    right: 'packages/core/src/stamp.ts',
  },
  {
    kind: 'a message as it is written',
    issue: 'Sorting stops\n\nAfter the third parcel it says "no shelf left for parcel 17" and ends.',
    files: {
      'lib/shelves.py':
        'def place(parcel):\n    if full:\n        raise ValueError(f"no shelf left for parcel {parcel.id}")\n',
      'lib/sorting.py':
        'def sort_parcels(parcels):\n    """Sorts each parcel; the third parcel ends the shelf."""\n    return sorted(parcels)\n',
    },
    right: 'lib/shelves.py',
    name: 'place',
  },
  {
    kind: 'a flag as it is typed',
    issue: '`--dry-run` still sends\n\n`post send --dry-run` sends all letters.',
    files: {
      'lib/options.py': 'def options(parser):\n    parser.add_argument("--dry-run")\n',
      'lib/send.py':
        'def send(letters):\n    """Send all letters, dry or wet; run until all are sent."""\n    return letters\n',
    },
    right: 'lib/options.py',
    name: 'options',
  },
  {
    kind: 'a word of a letter and a digit',
    issue: 'B2 labels are cut off\n\nPrinting on B2 loses the last line.',
    files: {
      'lib/b2_sheet.py': 'def sheet(lines):\n    """A B2 sheet."""\n    return lines[:-1]\n',
      'lib/labels.py': 'def labels(lines):\n    """Labels with the last line cut."""\n    return lines\n',
    },
    right: 'lib/b2_sheet.py',
    name: 'sheet',
  },
  {
    kind: 'a prefix with a hyphen',
    issue: 're-packing a parcel loses its letter\n\nAfter re-packing the letter is gone.',
    files: {
      'lib/repack.py': 'def repack_parcel(parcel):\n    parcel.letter = None\n',
      'lib/pack.py': 'def pack(parcel):\n    """Pack a parcel with its letter."""\n    return parcel\n',
    },
    right: 'lib/repack.py',
  },
  {
    kind: 'an issue in another script',
    issue: 'Сумма посылки неверна\n\nПосле скидки сумма не меняется.',
    files: {
      'lib/price.py': 'def total(parcels):\n    """Сумма посылок после скидки."""\n    return 0\n',
      'lib/login.py': 'def login(user):\n    """Вход пользователя."""\n    return user\n',
    },
    right: 'lib/price.py',
    name: 'total',
  },
  {
    kind: 'the one error of a long log',
    issue: `It hangs\n\n\`\`\`\n${Array.from({ length: 80 }, (_, line) => `10:00:${line % 60} INFO belt moves parcel ${line} along the belt`).join('\n')}\n10:02:00 ERROR scale did not settle in time\n${Array.from({ length: 80 }, (_, line) => `10:03:${line % 60} INFO belt moves parcel ${line} along the belt`).join('\n')}\n\`\`\``,
    files: {
      'lib/scale.py': 'def weigh(parcel):\n    log.error("scale did not settle in time")\n',
      'lib/belt.py': 'def belt(parcel):\n    """The belt moves each parcel along the belt."""\n    return parcel\n',
    },
    right: 'lib/scale.py',
    name: 'weigh',
  },
  {
    kind: 'a label whose key leads to its use',
    issue: '"Send by night mail" sends by day\n\nI press "Send by night mail".',
    files: {
      'i18n/english.ts':
        'export const texts = {\n  nightSend: "Send by night mail",\n  daySend: "Send by day mail",\n}\n',
      'ui/desk.ts': 'export function desk() {\n  return { label: texts.nightSend, press: () => mail("day") }\n}\n',
    },
    right: 'ui/desk.ts',
  },
  {
    kind: 'generated code beside what people write',
    issue: 'Postage of a parcel is counted twice',
    files: {
      'api/parcel.go':
        '// Code generated by protoc. DO NOT EDIT.\npackage api\n\nfunc (p *Parcel) PostageOfParcel() int { return p.postage }\n',
      'post/count.go':
        'package post\n\n// Count counts the postage of a parcel.\nfunc Count(parcel int) int { return parcel + parcel }\n',
    },
    right: 'post/count.go',
    name: 'Count',
  },
  {
    kind: 'a vendored copy',
    issue: 'Weight of a parcel is rounded down',
    files: {
      'vendor/scale/round.go':
        'package scale\n\n// Round rounds the weight of a parcel down.\nfunc Round(weight int) int { return weight }\n',
      'post/weight.go':
        'package post\n\n// Rounded weight of a parcel.\nfunc Rounded(weight int) int { return weight - 1 }\n',
    },
    right: 'post/weight.go',
  },
  {
    kind: 'a function of the title beside the flag of a command that was run',
    issue: 'Overflow in weigh_parcel()\n\nA parcel of 3 tons overflows when it is weighed with `postcli --strict`.',
    files: {
      'cli/postcli.c':
        'static void usage(void) {\n  puts("--strict: weigh each parcel twice, overflow is an error");\n}\n',
      'post/scale.c': 'int weigh_parcel(int tons) {\n  return tons * 1000;\n}\n',
    },
    right: 'post/scale.c',
    name: 'weigh_parcel',
  },
  {
    kind: 'the source beside the completions of a shell',
    issue: 'post add fails when the parcel folder is missing',
    files: {
      'contrib/completions/post.ts':
        'const completion = {\n  name: "post add",\n  description: "Add a parcel to the folder; fails when missing",\n}\n',
      'src/add.rs': 'pub fn add(folder: &str) {\n    fs::create(folder).unwrap();\n}\n',
    },
    right: 'src/add.rs',
  },
  {
    kind: 'the source that says a message beside the guide that quotes it',
    issue: 'post weigh stops with "the scale is not ready yet"',
    files: {
      'GUIDE.md': '# Guide\n\nIf post weigh says "the scale is not ready yet", wait and weigh again.\n',
      'src/weigh.go': 'package post\n\nfunc weigh() error {\n\treturn fail("the scale is not ready yet")\n}\n',
    },
    right: 'src/weigh.go',
    name: 'weigh',
  },
  {
    kind: 'what reads the settings of a tool beside those of the project itself',
    issue: 'Invalid package.json is ignored\n\nLoading the parcel rules should fail when package.json is invalid.',
    files: {
      'package.json': '{ "name": "parcels", "scripts": { "test": "node test.js" } }\n',
      'src/rules.js':
        'function loadRules(folder) {\n  try {\n    return read(folder + "/package.json").rules\n  } catch {\n    return undefined\n  }\n}\n',
    },
    right: 'src/rules.js',
    name: 'loadRules',
  },
  {
    kind: 'a data file that the reporter asks to change',
    issue: 'Unit stone is refused\n\nThe form refuses the unit `stone`. Please add it to units.json.',
    files: {
      'config/units.json': '{ "units": ["kg", "lb"] }\n',
      'lib/stone.py':
        'def stone(form):\n    """The unit stone that the form may hold."""\n    return form.get("stone")\n',
    },
    right: 'config/units.json',
  },
  {
    kind: 'the function whose line holds a smaller one',
    issue: '"Weigh again" weighs the wrong parcel\n\nI click "Weigh again" and the parcel before it is weighed.',
    files: {
      'src/i18n/english.ts':
        'export const english = {\n  again: "Weigh again",\n  never: "Never weigh the parcel",\n}\n',
      'src/row.ts':
        'import { english } from "./i18n/english.js"\n\nexport function row(parcel: { id: number }) {\n  return { label: english.again, click: () => weigh(parcel.id - 1) }\n}\n',
    },
    right: 'src/row.ts',
    name: 'row',
  },
  {
    kind: 'a component without a grammar of its own',
    issue: 'Open button of the parcel box does nothing\n\nThe button "Open parcel box" stays grey.',
    files: {
      'ui/ParcelBox.vue':
        '<template>\n  <button @click="open">Open parcel box</button>\n</template>\n<script>\nexport default { methods: { open() {} } }\n</script>\n',
      'ui/box.ts': 'export function useBox() {\n  return { isOpen: false }\n}\n',
    },
    right: 'ui/ParcelBox.vue',
  },
]

test.each(KINDS)('finds $kind', async ({ issue, files, right, name }) => {
  const repository = writeFiles(temporaryFolder(), { ...OTHERS, ...files })
  const found = await locate({ issue, repository, policy: createEmbeddedPolicy() })
  expect(found.files[0]?.path).toBe(right)
  if (name !== undefined) expect(found.files[0]?.functions.map((one) => one.name)).toContain(name)
  expect(found.confidence).toBeLessThanOrEqual(1)
})

test('searches a file that git tracks although an ignore file matches it, and no other ignored file', async () => {
  const files = {
    '.gitignore': '*.made.py\n',
    'lib/route.made.py': 'def route_parcel():\n    pass\n',
    'lib/use.py': 'route_parcel()\n',
  }
  const repository = writeFiles(temporaryFolder(), files)
  git(repository, 'init', '-q')
  git(repository, 'add', '-f', 'lib/route.made.py')
  commitAll(repository, 'all')
  writeFiles(repository, { 'lib/copy.made.py': 'def route_parcel():\n    pass\n' })
  const found = await locate({ issue: 'route_parcel takes the long way', repository, policy: createEmbeddedPolicy() })
  expect(found.files[0]?.path).toBe('lib/route.made.py')
  expect(found.candidates.files.map(({ path }) => path)).not.toContain('lib/copy.made.py')
})

test('says what a sparse checkout keeps from the search', async () => {
  const repository = writeFiles(temporaryFolder(), {
    'lib/a.py': 'def weigh():\n    pass\n',
    'far/route.py': 'x = 1\n',
  })
  git(repository, 'init', '-q')
  commitAll(repository, 'all')
  git(repository, 'sparse-checkout', 'set', 'lib')
  const found = await locate({ issue: 'far/route.py is slow', repository, policy: createEmbeddedPolicy() })
  expect(found.notices).toContainEqual(expect.stringContaining('sparse checkout leaves them out: far/route.py.'))
  expect(found.confidence).toBeLessThan(0.8)
})

test('is not sure where one file is all that was found, or where the issue names a file that is not there', async () => {
  const one = writeFiles(temporaryFolder(), { 'lib/a.py': 'def weigh():\n    """The parcel."""\n' })
  const alone = await locate({ issue: 'The parcel is heavy', repository: one, policy: createEmbeddedPolicy() })
  expect(alone.confidence).toBeLessThan(0.8)
  const missing = await locate({ issue: 'weigh in scale.py is wrong', repository: one, policy: createEmbeddedPolicy() })
  expect(missing.confidence).toBeLessThan(0.8)
})

function filler(from: number): string {
  return Array.from({ length: 300 }, (_, index) => `    total_${from + index} = read(${from + index})\n`).join('')
}

test('shows the part of an enormous function that the issue is about', async () => {
  const files = {
    'post/scale.py': `def weigh(parcel):\n${filler(0)}    if parcel.is_fragile:\n        surcharge = cushion(parcel)\n${filler(300)}    return 0\n`,
  }
  const repository = writeFiles(temporaryFolder(), { ...OTHERS, ...files })
  const issue = 'Fragile parcels get no surcharge\n\nweigh() cushions a fragile parcel without surcharge.'
  const found = await locate({ issue, repository, policy: createEmbeddedPolicy() })
  const [weigh] = found.files[0]?.functions ?? []
  expect(weigh?.name).toBe('weigh')
  const { startLine = 0, endLine = 0 } = weigh ?? {}
  expect(startLine).toBeGreaterThan(200)
  expect(startLine).toBeLessThanOrEqual(302)
  expect(endLine).toBeGreaterThanOrEqual(303)
  expect(endLine - startLine).toBeLessThan(80)
  expect(found.notices.join()).not.toContain('weigh')
})
