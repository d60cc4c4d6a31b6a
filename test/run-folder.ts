/** A folder for each run of the tests. Several files need the same slow thing, and only one of them makes it. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    runFolder: string;
  }
}

/** Vitest calls it before the first test, and calls its result after the last one. */
export default function provideRunFolder(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'sensaria-tests-'));
  project.provide('runFolder', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}

/**
 * @param make writes into an empty folder; it runs once, although several workers need its result at the same time
 * @returns the folder
 */
export async function oncePerRun(
  runFolder: string,
  name: string,
  make: (folder: string) => Promise<unknown>,
): Promise<string> {
  const made = join(runFolder, name);
  const making = `${made}-unfinished`;
  while (!existsSync(made)) {
    if (!isCreated(making)) {
      await setTimeout(50);
      continue;
    }
    try {
      await make(making);
      renameSync(making, made);
    } catch (error) {
      rmSync(making, { recursive: true });
      throw error;
    }
  }
  return made;
}

/** False when another worker is making it. */
function isCreated(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (existsSync(folder)) return false;
    throw error;
  }
}
