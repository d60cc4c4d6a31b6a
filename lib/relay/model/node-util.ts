/**
 * Node's `util` without its `import`, which reads every export. Some of them load other modules of Node: 3 ms of CPU at a
 * cold start.
 */
export const { isDeepStrictEqual, promisify } = process.getBuiltinModule('node:util');
