/**
 * The address of the console that a relay on this machine serves. It contains the access token, so a file that only the
 * relay's user can read stores it. The token stays the same over restarts, and browsers stay signed in.
 */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { CONSOLE_ADDRESS_FILE } from '../contract/local-relay.ts';

/** Undefined when the relay serves no console, or belongs to another user. */
export function readConsoleAddress(dataDir: string): string | undefined {
  try {
    return readFileSync(fileIn(dataDir), 'utf8').trim();
  } catch {
    return undefined;
  }
}

export async function saveConsoleAddress(dataDir: string, address: string): Promise<void> {
  if (readConsoleAddress(dataDir) !== address)
    await writeFileAtomic(fileIn(dataDir), `${address}\n`, { mode: 0o600 });
}

export function removeConsoleAddress(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}

function fileIn(dataDir: string): string {
  return join(dataDir, CONSOLE_ADDRESS_FILE);
}
