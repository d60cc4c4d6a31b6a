/**
 * The one webhook address that can be looked up: a relay on this machine keeps that of its first source in its data
 * folder, to show it at every start. Of all others, nothing but the token's hash is kept.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../../relay/model/ids.ts';
import type { RelayDescription } from '../connection.ts';
import { tokenOf, webhookAddress } from './webhook-address.ts';

const FILE = 'webhook-address';

/** The address under which the relay answers now, for it may have moved to another port. */
export async function keptAddress(relay: RelayDescription): Promise<string | undefined> {
  const token = await keptToken(relay);
  return token === undefined ? undefined : webhookAddress(relay, token);
}

/** Keeps a new address in the place of the one whose token has this hash; any other stays. */
export async function replaceKeptAddress(
  relay: RelayDescription,
  oldTokenSha256: unknown,
  address: string,
): Promise<void> {
  const token = await keptToken(relay);
  if (relay.dataDir === undefined || token === undefined || sha256Hex(token) !== oldTokenSha256) return;
  await writeFile(join(relay.dataDir, FILE), `${address}\n`, { mode: 0o600 });
}

async function keptToken({ dataDir }: RelayDescription): Promise<string | undefined> {
  if (dataDir === undefined) return undefined;
  try {
    return tokenOf((await readFile(join(dataDir, FILE), 'utf8')).trim());
  } catch {
    // Without the file, the address is known only to who has written it down.
    return undefined;
  }
}
