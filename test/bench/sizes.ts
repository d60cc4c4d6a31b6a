/** `npm run sizes`: what runs in the functions and how large it is; with `--write` into docs/dependencies.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { bundleAll } from './bundles.ts';
import { sizesTable, withTable } from './sizes-table.ts';

const PAGE = new URL('../../docs/dependencies.md', import.meta.url);

const table = sizesTable(bundleAll());
if (process.argv.includes('--write')) writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), table));
else console.log(table);
