/**
 * A local relay saves the webhook address of its first source in its data folder, and shows it at every start. Of all
 * other addresses, only the token's hash is stored.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { sha256Hex } from '../../relay/model/ids.ts';
import type { RelayDescription } from '../connection.ts';
import { tokenOf, webhookAddress } from './webhook-address.ts';

const FILE = 'webhook-address';

/** The address with the relay's current port. */
export async function readSavedAddress(relay: RelayDescription): Promise<string | undefined> {
  const token = await readSavedToken(relay);
  return token === undefined ? undefined : webhookAddress(relay, token);
}

/** Replaces the saved address if its token has this hash. */
export async function replaceSavedAddress(
  relay: RelayDescription,
  oldTokenSha256: unknown,
  address: string,
): Promise<void> {
  const token = await readSavedToken(relay);
  if (relay.dataDir === undefined || token === undefined || sha256Hex(token) !== oldTokenSha256) return;
  await writeFileAtomic(join(relay.dataDir, FILE), `${address}\n`, { mode: 0o600 });
}

async function readSavedToken({ dataDir }: RelayDescription): Promise<string | undefined> {
  if (dataDir === undefined) return undefined;
  try {
    return tokenOf((await readFile(join(dataDir, FILE), 'utf8')).trim());
  } catch {
    // The file is missing, so no address is saved.
    return undefined;
  }
}
