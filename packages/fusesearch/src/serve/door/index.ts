/**
 * door: what every server does before its own work, so that one rule holds for all of them: who may ask (address,
 * token, Host, Origin), which folders may be searched, how large and how slow a request may be, and how a server ends.
 */
export { jsonBody, limitBody, readBody } from './body.ts'
export { type Address, createGuard } from './guard.ts'
export { Problem, toProblem } from './problem.ts'
export { backendName, clientRoots, findFolder, openExactly, openRoots, type Root } from './roots.ts'
export { type DoorOptions, openDoor } from './server.ts'
