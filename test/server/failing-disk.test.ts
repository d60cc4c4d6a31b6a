import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, renameSync, rmSync, statSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { type Receiver, startReceiver } from '../end-to-end/a-receiver.ts';
import { startRelayProcess } from '../end-to-end/a-relay-process.ts';
import { anOperator } from '../end-to-end/an-operator.ts';
import { sendAccepted } from '../end-to-end/the-hub.ts';

const answerSchema = z.object({ eventId: z.string() });

const START = fileURLToPath(new URL('../../bin/start.ts', import.meta.url));
const ENGINE = 'one machine';
/** The write-ahead log of the file reaches this size before SQLite empties it. */
const FILE_LIMIT_KB = 1_500;

function aDataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sensaria-disk-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function aReceiver(): Promise<Receiver> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.stop());
  return receiver;
}

/** A relay whose files cannot grow beyond a limit: the operating system refuses such a write, as on a full disk. */
async function startLimited(dataDir: string) {
  const args = ['--data', dataDir, '--port', '0', '--allow-cidr', '127.0.0.0/8', '--json'];
  const command = `ulimit -f ${FILE_LIMIT_KB}; exec "$0" "$@"`;
  const child = spawn('bash', ['-c', command, process.execPath, START, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const log = text(child.stderr);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  return {
    url: String(JSON.parse(line).url),
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      return log;
    },
  };
}

/** Sends webhooks of different orders until one is refused. */
async function sendUntilRefused(address: string): Promise<{ accepted: string[]; refused: Response }> {
  const accepted: string[] = [];
  for (let sent = 0; ; sent++) {
    const body = JSON.stringify({ Id: `7-${sent}`, Note: 'x'.repeat(2_000) });
    const response = await fetch(`${address}7-${sent}`, { method: 'POST', body });
    if (response.status !== 200) return { accepted, refused: response };
    accepted.push(answerSchema.parse(await response.json()).eventId);
  }
}

/** Start alone, until the process ends. */
async function startToEnd(dataDir: string): Promise<{ exitCode: unknown; errors: string }> {
  const child = spawn(process.execPath, [START, '--data', dataDir, '--port', '0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [errors, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { exitCode, errors };
}

async function addReceiverTo(address: string, receiver: Receiver): Promise<void> {
  const operator = await anOperator(address);
  try {
    await addEndpoint(operator, 'erp', { url: `${receiver.url}/erp`, ordering: 'none' });
  } finally {
    operator.close();
  }
}

describe('a relay whose disk is full', () => {
  it('answers 503 with Retry-After, says why, and loses nothing that it had accepted', async () => {
    const dataDir = aDataFolder();
    const receiver = await aReceiver();
    const first = await startRelayProcess(dataDir, ENGINE);
    await addReceiverTo(first.address, receiver);
    await first.interrupt();
    const limited = await startLimited(dataDir);
    const address = first.address.replace(new URL(first.address).origin, limited.url);

    const { accepted, refused } = await sendUntilRefused(address);
    const health = await fetch(`${limited.url}/health`);
    const log = await limited.stop();

    expect(accepted.length).toBeGreaterThan(10);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(health.status).toBe(503);
    expect(await health.json()).toEqual({ status: 'unavailable', reason: 'store' });
    expect(log).toMatch(/the disk (failed|is full)/);
    await startRelayProcess(dataDir, ENGINE);
    const missing = () => {
      const arrived = new Set(receiver.arrivals.map(({ eventId }) => eventId));
      return accepted.filter((eventId) => !arrived.has(eventId));
    };
    await expect.poll(missing, { timeout: 90_000 }).toEqual([]);
  });
});

describe('a relay whose file was cut', () => {
  it('does not start, and says what to do', async () => {
    const dataDir = aDataFolder();
    const relay = await startRelayProcess(dataDir, ENGINE);
    await sendAccepted(relay.address, { orderId: '7-501' });
    await relay.interrupt();
    const file = join(dataDir, 'relay.db');
    truncateSync(file, statSync(file).size - 8_192);

    const { exitCode, errors } = await startToEnd(dataDir);

    expect(exitCode).toBe(1);
    expect(errors).toMatch(/relay\.db: the database file is damaged\. Stop the relay and restore a backup/);
  });

  it('continues with a restored backup', async () => {
    const dataDir = aDataFolder();
    const receiver = await aReceiver();
    const first = await startRelayProcess(dataDir, ENGINE);
    await addReceiverTo(first.address, receiver);
    const operator = await anOperator(first.address);
    const eventId = await sendAccepted(first.address, { orderId: '7-501' });
    const copy = join(dataDir, 'copy.db');
    await operator.backup?.(copy);
    operator.close();
    await first.kill();
    for (const name of ['relay.db', 'relay.db-wal', 'relay.db-shm'])
      rmSync(join(dataDir, name), { force: true });
    renameSync(copy, join(dataDir, 'relay.db'));

    const second = await startRelayProcess(dataDir, ENGINE);

    const laterId = await sendAccepted(second.address, { orderId: '7-502' });
    const arrived = () => new Set(receiver.arrivals.map((arrival) => arrival.eventId));
    await expect.poll(arrived, { timeout: 60_000 }).toEqual(new Set([eventId, laterId]));
  });
});
