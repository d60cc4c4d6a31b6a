/** Adds a source to a new relay, so that it has a webhook address for the Hub. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { sha256Hex } from '../relay/model/ids.ts';
import type { ConfigTable } from '../relay/ports/config-table.ts';
import type { ConfigWriter } from '../relay/ports/operator.ts';

/**
 * The relay shows the address at every start, and the table contains only the token's hash. So a file stores the
 * address.
 */
const ADDRESS_FILE = 'webhook-address';
const FIRST_SOURCE = 'main';
const TOKEN_BYTES = 32;

export interface FirstSourceOptions {
  readonly configTable: Pick<ConfigTable, 'rows'>;
  readonly configWriter: Pick<ConfigWriter, 'add'>;
  /** `http://127.0.0.1:8787/webhooks/`. The token is appended to it. */
  readonly webhookBaseAddress: string;
  readonly dataDir: string;
}

/**
 * Adds the source `main` when the table has no source.
 *
 * @returns the webhook address; undefined when the CLI added the sources or rotated their tokens, and so showed the
 * address
 */
export async function ensureFirstSource(options: FirstSourceOptions): Promise<string | undefined> {
  const { configTable, configWriter, webhookBaseAddress, dataDir } = options;
  const file = join(dataDir, ADDRESS_FILE);
  const rows = await configTable.rows('source', { consistent: true });
  const isFirst = rows.length === 0;
  const token = isFirst ? randomBytes(TOKEN_BYTES).toString('base64url') : storedToken(file);
  if (token === undefined) return undefined;
  const tokenSha256 = sha256Hex(token);
  if (!isFirst && !rows.some(({ attributes }) => attributes.tokenSha256 === tokenSha256)) return undefined;
  const address = `${webhookBaseAddress}${token}?orderid=`;
  // The file first: a row whose token is unknown would be useless, and would prevent the next start from adding a
  // source.
  await saveAddress(file, address);
  if (isFirst) {
    const createdAt = new Date().toISOString();
    await configWriter.add('source', FIRST_SOURCE, { tokenSha256, enabled: true, createdAt });
  }
  return address;
}

/** The table contains only the token's hash, so a file that is lost or cut would lose the address for good. */
async function saveAddress(file: string, address: string): Promise<void> {
  if (storedAddress(file) !== address) await writeFileAtomic(file, `${address}\n`, { mode: 0o600 });
}

function storedToken(file: string): string | undefined {
  return /\/([\w-]+)\?orderid=$/.exec(storedAddress(file) ?? '')?.[1];
}

function storedAddress(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    // There is no file, so the token is unknown.
    return undefined;
  }
}
