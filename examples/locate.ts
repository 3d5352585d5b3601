// Where must the code change? One issue, one repository.
import { createEmbeddedPolicy, locate } from 'fusesearch'

const [repository = '.', issue = 'Cart.apply_discount rounds the wrong way'] = process.argv.slice(2)

const result = await locate({ repository, issue, policy: createEmbeddedPolicy() })

for (const file of result.files) {
  for (const { name, startLine, endLine } of file.functions) {
    console.log(`${file.path}:${startLine}-${endLine} ${name}`)
  }
  for (const { startLine, text, reason } of file.evidence)
    console.log(`  line ${startLine}: ${text.trim()} (${reason})`)
}
// Notices report every limit that shortened the result.
for (const notice of result.notices) console.error(notice)
