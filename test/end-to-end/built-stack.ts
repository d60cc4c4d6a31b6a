/** The stack as it is deployed, built once per run: its template, and the bundles of its functions. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { oncePerRun } from '../run-folder.ts';

const BUILD = fileURLToPath(new URL('./build-stack.ts', import.meta.url));

/** For hooks: on a busy machine, the first file of a run builds for more than a minute. */
export const BUILDING_MS = 180_000;

export interface BuiltStack {
  readonly template: unknown;
  /** That of a deployment with `tracing`. */
  readonly tracedTemplate: unknown;
  /** The folder with the handlers. An environment loads a bundle in a quarter of the time of the source files. */
  readonly root: string;
}

export async function builtStack(): Promise<BuiltStack> {
  const root = await oncePerRun(inject('runFolder'), 'stack', (folder) =>
    promisify(execFile)(process.execPath, [BUILD, folder]),
  );
  const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(join(root, file), 'utf8'));
  return { template: await read('template.json'), tracedTemplate: await read('traced-template.json'), root };
}
