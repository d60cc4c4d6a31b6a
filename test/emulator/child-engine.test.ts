import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startChildEngine } from '../../lib/emulator/engines/child-engine.ts';

const PROGRAM = fileURLToPath(new URL('./fixtures/stays-connected.ts', import.meta.url));
const OWNER = fileURLToPath(new URL('./fixtures/child-engine-until-killed.ts', import.meta.url));

/** A port to which the program connects. Its end closes the connection. */
async function aPort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const connected = once(server, 'connection').then(([socket]: Socket[]) => {
    socket?.on('error', () => {}).resume();
    onTestFinished(() => {
      socket?.destroy();
    });
    return socket;
  });
  onTestFinished(() => {
    server.close();
  });
  return { port: String(address.port), connected };
}

async function closed(socket: Socket | undefined): Promise<void> {
  if (socket !== undefined && !socket.closed) await once(socket, 'close');
}

/** The shells that this process has started, by process id. */
function shells(): number[] {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' });
  return processes
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent, command]) => Number(parent) === process.pid && command === 'sh')
    .map(([pid]) => Number(pid));
}

describe.skipIf(process.platform === 'win32')('a program that is an engine', () => {
  it('ends when it is stopped', async () => {
    const { port, connected } = await aPort();
    const engine = await startChildEngine(process.execPath, [PROGRAM, port], /^ready$/);

    await engine.stop();

    await closed(await connected);
  });

  it('ends when its owner is killed', async () => {
    const { port, connected } = await aPort();
    const owner = spawn(process.execPath, [OWNER, port], { stdio: 'inherit' });
    const socket = await connected;

    owner.kill('SIGKILL');

    await closed(socket);
  });

  it('ends when its supervisor is killed, and its owner learns of it', async () => {
    const { port, connected } = await aPort();
    const others = shells();
    const engine = await startChildEngine(process.execPath, [PROGRAM, port], /^ready$/);
    const [shell = 0] = shells().filter((pid) => !others.includes(pid));

    process.kill(shell, 'SIGKILL');

    await expect(engine.failed).rejects.toThrow('ended by itself');
    await closed(await connected);
  });

  it('tells its owner its last words when it ends by itself', async () => {
    const engine = await startChildEngine('/bin/sh', ['-c', 'echo ready >&2; echo no disk >&2'], /^ready$/);

    await expect(engine.failed).rejects.toThrow('ended by itself: no disk');
  });

  it('that does not start says why', async () => {
    const starting = startChildEngine('/bin/sh', ['-c', 'echo no such option >&2; exit 2'], /^ready$/);

    await expect(starting).rejects.toThrow('no such option');
  });
});
