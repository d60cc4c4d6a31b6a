/**
 * Puts bugs into a copy of the relay, one at a time, and runs the simulation on it, which has to notice each of them.
 *
 *   npm run test:mutants            every bug, up to 2,000 seeds each
 *   npm run test:mutants -- 9000    up to 9,000 seeds each
 *   npm run test:mutants -- 2000 3  the third bug alone
 *
 * Exit code 1 when a bug goes unnoticed.
 */
import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MUTANTS, type Mutant } from './mutants.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['package.json', 'lib/relay', 'test/simulation', 'test/memory'];
/** One for each core that the smallest of machines has. */
const PARALLEL = 2;

const [seeds = '2000', only] = process.argv.slice(2);
const chosen = [...MUTANTS.entries()].filter(([index]) => only === undefined || index + 1 === Number(only));
const unnoticed: number[] = [];
const queue = [...chosen];
await Promise.all(Array.from({ length: PARALLEL }, work));
console.log(
  unnoticed.length === 0
    ? `\nAll ${chosen.length} bugs were noticed within ${seeds} seeds.`
    : `\n${unnoticed.length} of ${chosen.length} bugs went unnoticed in ${seeds} seeds.`,
);
process.exit(unnoticed.length === 0 ? 0 : 1);

async function work(): Promise<void> {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [index, mutant] = next;
    const startedAtMs = performance.now();
    const failure = await failureOf(mutant);
    const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
    if (failure === undefined) unnoticed.push(index);
    console.log(
      `${failure === undefined ? '✘ unnoticed' : '✔ noticed  '} ${index + 1}. ${mutant.rule} (${seconds} s)`,
    );
    if (failure !== undefined) console.log(`             ${failure}`);
  }
}

/** How the simulation failed; undefined when it held. */
async function failureOf(mutant: Mutant): Promise<string | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'sensaria-relay-mutant-'));
  try {
    for (const path of COPIED) await cp(join(ROOT, path), join(folder, path), { recursive: true });
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'), 'junction');
    await putIn(mutant, join(folder, 'lib/relay', mutant.file));
    return await simulate(folder);
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

function simulate(folder: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['test/simulation/run.ts', '--first', seeds], { cwd: folder });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(undefined);
      else if (/^seed \d+: /m.test(output)) resolve(/^seed \d+: .*/m.exec(output)?.[0]);
      else reject(new Error(`the simulation could not be run:\n${output}`));
    });
  });
}
