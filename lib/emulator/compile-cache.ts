/** For the `env` of a thread. Node then keeps what it has compiled, and a later thread does not load the compiler of TypeScript. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The default is that of Node's `enableCompileCache()`. */
export const COMPILE_CACHE = {
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(tmpdir(), 'node-compile-cache'),
};
