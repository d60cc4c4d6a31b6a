/**
 * The small form of zod, for the schemas that the functions load. A cold start loads and builds them about three times
 * faster than those of `zod` itself. The small form has no texts of its own, so this file sets zod's English ones.
 */
import { config } from 'zod/mini';
import english from 'zod/v4/locales/en.js';

config(english());

export * from 'zod/mini';
