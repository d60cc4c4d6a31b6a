import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Log } from '../../lib/server/log.ts';
import { type RelayServer, startRelayServer } from '../../lib/server/relay-server.ts';
import { startReceiver } from '../end-to-end/a-receiver.ts';
import { cli, jsonOf } from '../operator/cli.ts';

let relay: RelayServer;
let folder: string;
let port: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sensaria-cli-'));
  relay = await startRelayServer({
    ...{ dataDir: join(folder, 'data'), host: '127.0.0.1', port: 0, silenceHours: 0 },
    allowedCidrs: ['127.0.0.0/8'],
    telemetry: new Log({ format: 'json', now: () => new Date(), write: () => {} }),
  });
  ({ port } = new URL(relay.url));
  return async () => {
    await relay.stop();
    rmSync(folder, { recursive: true, force: true });
  };
});

describe('a command on a relay on one machine', () => {
  it('finds it by its port, and works on the same file', async () => {
    const receiver = await startReceiver();

    await cli(['endpoints', 'add', '--id', 'erp', '--url', `${receiver.url}/erp`, '--port', port]);
    await cli(['send', '-', '--port', port], { input: '{"Id":"7-501"}' });

    await expect.poll(() => receiver.arrivals.map(({ path }) => path)).toEqual(['/erp']);
    await receiver.stop();
  });

  it('sends an event again through the running relay', async () => {
    const receiver = await startReceiver();
    await cli(['endpoints', 'add', '--id', 'shop', '--url', `${receiver.url}/shop`, '--port', port]);
    await cli(['send', '-', '--port', port], { input: '{"Id":"7-502"}' });
    await expect.poll(() => receiver.arrivals.length).toBe(1);

    await cli(['replay', '--order', '7-502', '--endpoint', 'shop', '--include-delivered', '--port', port]);

    await expect.poll(() => receiver.arrivals.length).toBe(2);
    await receiver.stop();
  });

  it('copies all data into a file that only its owner can read', async () => {
    const file = join(folder, 'copy.db');

    const { exitCode, out } = await cli(['backup', file, '--port', port]);

    expect({ exitCode, out }).toEqual({
      exitCode: 0,
      out: `All data of the local relay on port ${port} is in ${file}.\n`,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('says why a copy is impossible, and leaves no part of it', async () => {
    const file = join(folder, 'no-such-folder', 'copy.db');

    const { exitCode, err } = await cli(['backup', file, '--port', port]);

    expect(exitCode).toBe(1);
    expect(err).toMatch(/the backup to .*copy\.db failed/);
    expect(existsSync(file)).toBe(false);
  });

  it('lists no dead letters', async () => {
    expect(jsonOf(await cli(['dlq', 'list', '--port', port, '--json']))).toEqual({
      approximateCount: 0,
      items: [],
    });
  });
});
