/** JSON schema of the answer tool's arguments. What is taken in the end is wider: see `readAnswer`. */
export const ANSWER_SCHEMA: Readonly<Record<string, unknown>> = {
  type: 'object',
  properties: {
    files: {
      type: 'array',
      description: 'Files that must change, best first.',
      items: {
        type: 'object',
        properties: {
          path: { type: 'string', description: 'Path as the tools show it.' },
          functions: {
            type: 'array',
            description: 'Functions and methods to change in this file, best first; empty for a change outside any.',
            items: {
              type: 'object',
              properties: {
                name: { type: 'string', description: 'Qualified within the file: Class.method.' },
                startLine: { type: 'integer', description: 'First line, counted from 1.' },
                endLine: { type: 'integer', description: 'Last line, included.' },
              },
              required: ['name'],
              additionalProperties: false,
            },
          },
        },
        required: ['path'],
        additionalProperties: false,
      },
    },
    confidence: { type: 'number', description: 'From 0 to 1: how sure you are that the first file is right.' },
  },
  required: ['files'],
  additionalProperties: false,
}
