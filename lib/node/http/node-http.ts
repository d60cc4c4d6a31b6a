/**
 * Node's `http` without its `import`, which reads every export. One of them, `WebSocket`, loads all of undici: 15 ms of
 * CPU at a cold start.
 */
export const { request } = process.getBuiltinModule('node:http');
