/** `npm start` or `npm run start:stack`, without npm: the relay as a process of its own, which can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Engine } from './engines.ts';

const PROGRAMS: Readonly<Record<Engine, readonly string[]>> = {
  'the stack': [pathOf('start-stack.ts')],
  // The receivers of the tests are on this machine.
  'one machine': [pathOf('start.ts'), '--allow-cidr', '127.0.0.0/8'],
};

function pathOf(program: string): string {
  return fileURLToPath(new URL(`../../bin/${program}`, import.meta.url));
}

export interface RelayProcess {
  /** As the start screen shows it, ready to paste into the Hub. */
  readonly address: string;
  /** Ctrl-C. Resolves with the exit code once the process has ended. */
  interrupt(): Promise<unknown>;
  /** SIGKILL to the process and whatever it may have started. Resolves once it is gone. */
  kill(): Promise<void>;
}

/** Starts a relay on a free port, and waits until it says that it is running. */
export async function spawnRelay(dataDir: string, engine: Engine): Promise<RelayProcess> {
  const child = spawn(process.execPath, [...PROGRAMS[engine], '--data', dataDir, '--port', '0'], {
    // A process group of its own, whose id is the process's.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  const ended = once(child, 'exit');
  const kill = async () => {
    killGroup(child);
    await ended;
  };
  try {
    const screen = await startScreen(child, ended);
    const [, address] = /Webhook address\s+(\S+)/.exec(screen) ?? [];
    if (address === undefined) throw new Error(`The start screen shows no webhook address:\n${screen}`);
    return {
      address,
      async interrupt() {
        child.kill('SIGINT');
        const [code] = await ended;
        return code;
      },
      kill,
    };
  } catch (error) {
    await kill();
    throw error;
  }
}

async function startScreen({ stdout, stderr }: ChildProcess, ended: Promise<unknown>): Promise<string> {
  let screen = '';
  let errors = '';
  stderr?.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const shown = new Promise<void>((resolve) => {
    stdout?.setEncoding('utf8').on('data', (text) => {
      screen += text;
      if (screen.includes('Ctrl-C')) resolve();
    });
  });
  const endedEarly = ended.then(() => {
    throw new Error(`The relay ended before it was running:\n${errors}`);
  });
  await Promise.race([shown, endedEarly]);
  return screen;
}

function killGroup({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  process.kill(-pid, 'SIGKILL');
}
