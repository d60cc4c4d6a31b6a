/** `npm run test:mutants`: puts bugs into a copy of the relay, one at a time. Something has to notice each of them. */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { wholeNumber } from '../../bin/whole-number.ts';
import { MUTANTS, type Mutant } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Every liveness scenario, in its small size. */
const LIVENESS = ['test/simulation/liveness/report.ts', '--test'];
const UNIT_TESTS = ['node_modules/vitest/vitest.mjs', 'run', 'test/relay', '--bail=1'];
const COPIED = ['package.json', 'vitest.config.ts', 'tsconfig.json', 'bin', 'lib', 'test'];
/** One for each core that the smallest of machines has. */
const PARALLEL = 2;

const { seeds, bug } = new Command('npm run test:mutants --')
  .description(
    'Puts bugs into a copy of the relay, one at a time. The simulation or the unit tests have to notice each of them. Exit code 1 when a bug goes unnoticed.',
  )
  .option('--seeds <number>', 'seeds of the simulation for each bug', wholeNumber(1, 1_000_000), 2_000)
  .option('--bug <number>', `one bug alone, from 1 to ${MUTANTS.length}`, wholeNumber(1, MUTANTS.length))
  .allowExcessArguments(false)
  .parse()
  .opts<{ seeds: number; bug?: number }>();
/** The simulation first: a rule that unit tests alone hold is not seen to matter. */
const JUDGES = [
  ['noticed by the seeds of the simulation', ['test/simulation/run.ts', '--first', String(seeds)]],
  ['noticed by the liveness scenarios', LIVENESS],
  ['noticed by the unit tests alone', UNIT_TESTS],
] as const;
const UNNOTICED = 'unnoticed';
const chosen = [...MUTANTS.entries()].filter(([index]) => bug === undefined || index + 1 === bug);
const counts = new Map<string, number>();
const queue = [...chosen];
await Promise.all(Array.from({ length: PARALLEL }, work));
console.log(`\n${[...counts].map(([by, count]) => `${count} ${by}`).join(', ')}.`);
process.exit(counts.has(UNNOTICED) ? 1 : 0);

async function work(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [index, mutant] = next;
    const startedAtMs = performance.now();
    const { by, failure } = await noticedBy(mutant);
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    counts.set(by, (counts.get(by) ?? 0) + 1);
    console.log(`${index + 1}. ${mutant.rule}: ${by} (${seconds} s)`);
    if (failure !== undefined) console.log(`   ${failure.slice(0, 200)}`);
  }
}

/** Names the judge that noticed the bug first, and quotes it. */
async function noticedBy(mutant: Mutant): Promise<{ by: string; failure?: string | undefined }> {
  const folder = await mkdtemp(join(tmpdir(), 'sensaria-relay-mutant-'));
  try {
    for (const path of COPIED) await cp(join(ROOT, path), join(folder, path), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
    await putIn(mutant, join(folder, 'lib/relay', mutant.file));
    for (const [by, args] of JUDGES) {
      const failure = await run(folder, args);
      if (failure !== undefined) return { by, failure };
    }
    return { by: UNNOTICED };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A bug that is nowhere to put is none: the list has to keep up with the code. */
async function putIn({ file, replaced, by }: Mutant, path: string): Promise<void> {
  const source = await readFile(path, 'utf8');
  if (source.split(replaced).length !== 2) throw new Error(`${file} does not say once: ${replaced}`);
  await writeFile(
    path,
    source.replace(replaced, () => by),
  );
}

/** The first failure that a judge printed; undefined when everything held. */
function run(folder: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: folder });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      const failure = /^seed \d+: .*|^.*\| missed \|$|^.*Error: .*|^.*FAIL.*/m.exec(output)?.[0];
      if (code === 0) resolve(undefined);
      // A file is missing in the copy. No planted bug does that.
      else if (failure !== undefined && !output.includes('ERR_MODULE_NOT_FOUND')) resolve(failure);
      else reject(new Error(`what should notice the bug could not be run:\n${output}`));
    });
  });
}
