/** Diagnostics of a relay on one machine: its address, its file, its disk and its health page. */
import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { DATABASE_FILE } from '../../contract/local-relay.ts';
import type { Diagnostics, DiskSpace } from '../../operator/diagnostics.ts';
import type { SqliteRelay } from '../sqlite-relay.ts';
import { askAddress, faultOfUrl } from './network.ts';

const RESPONSE_TIMEOUT_MS = 5_000;

const healthSchema = z.object({ status: z.string(), reason: z.string().optional() });

export function machineDiagnostics({
  dataDir,
  port,
  webhookBaseAddress,
  allowedCidrs,
}: SqliteRelay): Diagnostics {
  const file = join(dataDir, DATABASE_FILE);
  return {
    askAddress: () => askAddress(webhookBaseAddress),
    faultOfUrl: (url) => faultOfUrl(url, allowedCidrs),
    machine: {
      async fileProblems() {
        const { checkFile } = await import('../../sqlite/database-file.ts');
        return checkFile(file);
      },
      diskSpace: () => diskSpace(file),
      health: () => askHealth(port),
    },
  };
}

async function diskSpace(file: string): Promise<DiskSpace> {
  const [{ bavail, bsize }, { size }] = await Promise.all([statfs(file), stat(file)]);
  return { freeBytes: bavail * bsize, fileBytes: size };
}

async function askHealth(port: number): Promise<string> {
  const signal = AbortSignal.timeout(RESPONSE_TIMEOUT_MS);
  const response = await fetch(`http://127.0.0.1:${port}/health`, { signal });
  const { status, reason } = healthSchema.parse(await response.json());
  return reason ?? status;
}
