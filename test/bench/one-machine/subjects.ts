/** The two programs that the bench compares, each in a process of its own and with receivers of its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { relays } from '../../../lib/connect/relays.ts';
import { addEndpoint } from '../../../lib/operator/endpoints/endpoints.ts';
import { newSigningSecret } from '../../../lib/operator/endpoints/signing.ts';
import { addSource } from '../../../lib/operator/sources/sources.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { startReceivers } from '../receivers.ts';
import type { Subject } from './load.ts';
import { startMeasuredProcess } from './measured-process.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
/** With the limits of memory that `npm start` sets. */
const START = packageJson.scripts.start.split(' ').slice(1);
const BARE = fileURLToPath(new URL('./bare-relay.ts', import.meta.url));
/** The relay caches its configuration for ten seconds. */
const CONFIG_SEEN_MS = 11_000;

/** The relay as `npm start` runs it. Every delivery is signed. */
export async function startRelay(dataDir: string, endpoints: number): Promise<Subject> {
  const receivers = await startReceivers(endpoints);
  const args = ['--data', dataDir, '--port', '0', '--json', '--allow-cidr', '127.0.0.0/8'];
  const process = await startMeasuredProcess([...START, ...args], `${dataDir}.log`, ROOT);
  const { url } = z.looseObject({ url: z.url() }).parse(process.ready);
  const found = await relays.findLocal(Number(new URL(url).port));
  const connection = await found.connect((warning) => console.error(warning));
  const { address } = await addSource(connection, 'bench');
  for (const [index, receiver] of receivers.urls.entries())
    await addEndpoint(connection, `endpoint-${index}`, {
      url: receiver,
      signingSecret: newSigningSecret(),
      // With `latest`, an event that a newer one overtakes would never arrive.
      ordering: 'strict',
    });
  connection.close();
  await sleep(CONFIG_SEEN_MS);
  return { process, address, receivers };
}

export async function startBare(file: string, endpoints: number): Promise<Subject> {
  const receivers = await startReceivers(endpoints);
  const process = await startMeasuredProcess([BARE, file, ...receivers.urls], `${file}.log`, ROOT);
  return { process, address: z.looseObject({ address: z.url() }).parse(process.ready).address, receivers };
}

export async function stop({ process, receivers }: Subject): Promise<void> {
  await process.stop();
  await receivers.stop();
}
