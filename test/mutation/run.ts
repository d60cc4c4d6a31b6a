/**
 * Mutation testing: Stryker changes lib/relay in one place at a time, and reports each change that no test notices.
 *
 *   npm run test:mutation                      all of lib/relay, with all of its tests: hours, but only once
 *   npm run test:mutation -- sending           one folder, with the tests of that folder: minutes
 *   npm run test:mutation -- health/health.ts  one file, with the tests of its folder
 *   npm run test:mutation -- ingest.ts --force more options of Stryker's; this one ignores earlier results
 *
 * Exit code 1 when the tests notice fewer than 90 % of the changes.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const STRYKER = [
  'node_modules/@stryker-mutator/core/bin/stryker.js',
  'run',
  'test/mutation/stryker.config.mjs',
];

const args = process.argv.slice(2);
const [part, options] = args[0]?.startsWith('-') === false ? [args[0], args.slice(1)] : ['', args];
if (!existsSync(`${ROOT}/lib/relay/${part}`)) {
  console.error(`lib/relay has no file or folder ${part}`);
  process.exit(2);
}
const { status } = spawnSync(process.execPath, [...STRYKER, ...options], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, ...environmentOf(part) },
});
process.exitCode = status ?? 1;

/** The configurations of Stryker and of Vitest read these variables: Stryker passes no options to a Vitest configuration. */
function environmentOf(name: string): Record<string, string> {
  if (name === '') return {};
  const isFile = name.endsWith('.ts');
  const folder = isFile ? name.slice(0, Math.max(0, name.lastIndexOf('/'))) : name;
  return {
    MUTATED_NAME: name.replaceAll('/', '-'),
    MUTATED_FILES: isFile ? `lib/relay/${name}` : `lib/relay/${name}/**/*.ts`,
    MUTATION_TESTS: folder === '' ? 'test/relay/*.test.ts' : `test/relay/${folder}/**/*.test.ts`,
  };
}
