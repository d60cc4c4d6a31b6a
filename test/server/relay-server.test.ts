import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { findLocalRelay } from '../../lib/connect/local-relay.ts';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import { isEventId } from '../../lib/relay/model/ids.ts';
import { type RelayServerOptions, startRelayServer } from '../../lib/server/relay-server.ts';
import { startReceiver } from '../end-to-end/a-receiver.ts';
import { sendAccepted } from '../end-to-end/the-hub.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';

const eventIdSchema = z.string().refine(isEventId);

async function aServer(options: Partial<RelayServerOptions> = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), 'sensaria-relay-server-'));
  const telemetry = new MemoryTelemetry();
  const relay = await startRelayServer({
    ...{ dataDir, host: '127.0.0.1', port: 0, silenceHours: 0, telemetry },
    allowedCidrs: ['127.0.0.0/8'],
    ...options,
  });
  onTestFinished(async () => {
    await relay.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });
  return { relay, telemetry };
}

async function anOperatorOf(url: string) {
  const connection = await (await findLocalRelay(Number(new URL(url).port))).connect(() => {});
  onTestFinished(() => connection.close());
  return connection;
}

describe('the relay on one machine', () => {
  it('uses a new source and a new endpoint of the CLI from the next webhook on', async () => {
    const { relay } = await aServer();
    const receiver = await startReceiver();
    onTestFinished(() => receiver.stop());
    await fetch(`${relay.webhookAddress}`, { method: 'POST' });
    const operator = await anOperatorOf(relay.url);

    await addEndpoint(operator, 'erp', { url: `${receiver.url}/erp` });
    const { address } = await addSource(operator, 'shop');
    const eventId = await sendAccepted(address, { orderId: '7-501' });

    await expect.poll(() => receiver.arrivals.map((one) => one.eventId)).toEqual([eventId]);
  });

  it('sends to no address of a private network that it was not told to allow', async () => {
    const { relay } = await aServer({ allowedCidrs: [] });
    const receiver = await startReceiver();
    onTestFinished(() => receiver.stop());
    const operator = await anOperatorOf(relay.url);
    await addEndpoint(operator, 'erp', { url: `${receiver.url}/erp` });

    const eventId = await sendAccepted(String(relay.webhookAddress), { orderId: '7-501' });

    const errors = async () => {
      const orderKey = await operator.eventReader.orderOfEvent(eventIdSchema.parse(eventId));
      const rows = orderKey === undefined ? [] : await operator.eventLog.deliveries(orderKey);
      return rows.flatMap(({ attempts }) => attempts.map(({ error }) => error));
    };
    await expect.poll(errors).toEqual([expect.stringMatching(/not public/)]);
    expect(receiver.arrivals).toEqual([]);
  });

  it('gives all other paths to the console', async () => {
    const { relay } = await aServer({ console: () => (_, response) => void response.end('console') });

    expect(await (await fetch(relay.url)).text()).toBe('console');
  });

  it('frees its data folder and port when its port is in use', async () => {
    const { relay } = await aServer();
    const port = Number(new URL(relay.url).port);
    const dataDir = mkdtempSync(join(tmpdir(), 'sensaria-relay-server-'));

    await expect(aServer({ dataDir, port })).rejects.toThrow(/is in use/);

    const { relay: second } = await aServer({ dataDir });
    expect((await fetch(`${second.url}/health`)).status).toBe(200);
  });
});
