/**
 * zoekt: trees whose files lie in the index of a running zoekt-webserver, asked by its JSON interface. It translates
 * calls into zoekt's queries and its answers into lines, names and texts; what matches is decided in the room `search`.
 */
export { type ZoektOptions, zoektBackend } from './backend.ts'
