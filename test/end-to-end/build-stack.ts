/**
 * Builds the stack into a folder, as a deployment does: the template, the template of a deployment with traces, and the
 * bundles of the functions. A program of its own, because the CDK takes seconds and several hundred megabytes.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFunction } from '../../lib/stack/bundling.ts';
import { EXPRESSION_PROCESS } from '../../lib/stack/functions.ts';
import { synthesizeTemplate } from '../../lib/stack/synthesize-template.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

const [folder = ''] = process.argv.slice(2);
writeFileSync(join(folder, 'template.json'), JSON.stringify(synthesizeTemplate().template));
writeFileSync(
  join(folder, 'traced-template.json'),
  JSON.stringify(synthesizeTemplate({ tracing: true }).template),
);
writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
// The template names the handlers by these paths.
mkdirSync(join(folder, 'lambdas'));
for (const name of ['ingest', 'fan-out', 'deliver', 'sweep']) {
  const handler = `lambdas/${name}.ts`;
  bundleFunction(REPOSITORY, { handler, processes: EXPRESSION_PROCESS }, join(folder, name));
  writeFileSync(join(folder, handler), `export { handler } from '../${name}/index.mjs';`);
}
