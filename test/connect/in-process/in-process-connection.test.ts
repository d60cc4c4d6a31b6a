import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connectInProcess } from '../../../lib/connect/in-process/in-process-connection.ts';
import type { Connection } from '../../../lib/operator/connection.ts';
import { addEndpoint } from '../../../lib/operator/endpoints/endpoints.ts';
import { replayEvents } from '../../../lib/operator/replay/replays.ts';
import { Log } from '../../../lib/server/log.ts';
import { type RunningRelay, startRelayServer } from '../../../lib/server/relay-server.ts';
import { startReceiver } from '../../end-to-end/a-receiver.ts';

describe('a connection to the relay of the same process', () => {
  it('changes its settings, and the next webhook follows them', async () => {
    const { connection, send, receiver } = await aRunningRelay();
    // The relay has read its settings before they change.
    await send('7-500');

    await addEndpoint(connection, 'erp', { url: `${receiver.url}/erp` });
    await send('7-501');

    await expect.poll(() => receiver.arrivals.map(({ path }) => path)).toEqual(['/erp']);
  });

  it('sends an event again without a message in the file', async () => {
    const { connection, relay, send, receiver } = await aRunningRelay();
    await addEndpoint(connection, 'erp', { url: `${receiver.url}/erp` });
    await send('7-501');
    await expect.poll(() => receiver.arrivals.length).toBe(1);
    const [event] = await connection.eventReader.newest({ since: new Date(0), limit: 1 });
    await expect.poll(async () => event && (await connection.eventLog.event(event))?.outcomes).toBeDefined();

    await replayEvents(connection, {
      order: { id: '7-501' },
      ...{ includeDelivered: true, includeSkipped: false },
    });

    expect(relay.store.messages.haveArrived()).toBe(false);
    await expect.poll(() => receiver.arrivals.length).toBe(2);
  });
});

async function aRunningRelay() {
  const dataDir = mkdtempSync(join(tmpdir(), 'sensaria-in-process-'));
  const parts: { relay?: RunningRelay } = {};
  const server = await startRelayServer({
    ...{ dataDir, host: '127.0.0.1', port: 0, silenceHours: 0, allowedCidrs: ['127.0.0.0/8'] },
    telemetry: new Log({ format: 'json', now: () => new Date(), write: () => {} }),
    console: (relay) => {
      parts.relay = relay;
      return (_, response) => void response.end();
    },
  });
  const receiver = await startReceiver();
  onTestFinished(async () => {
    await server.stop();
    await receiver.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  const { relay } = parts;
  if (relay === undefined) throw new Error('the relay made no console');
  const { url, webhookBaseAddress } = relay;
  const connection: Connection = connectInProcess(relay, { title: url, webhookBaseAddress, dataDir });
  const send = async (orderId: string) => {
    const body = JSON.stringify({ Id: orderId });
    const answer = await fetch(`${server.webhookAddress}${orderId}`, { method: 'POST', body });
    expect(answer.status).toBe(200);
  };
  return { connection, relay, receiver, send };
}
