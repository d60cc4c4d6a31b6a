/** For the `env` of a thread. The thread caches compiled modules, and later threads do not load the compiler of TypeScript. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The default is that of Node's `enableCompileCache()`. */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache'),
};
