/** Runs an engine that is a program of its own, and never lets it outlive this process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/**
 * The shell starts the program, and waits for the end of its standard input. The operating system closes that pipe when
 * this process ends, even by SIGKILL. The shell then kills the program. It closes its own standard error, so that the
 * end of that pipe is the end of the program.
 */
const SUPERVISOR = '"$0" "$@" & program=$!; exec 2>&-; read -r _; kill -KILL $program; wait';

export interface ChildEngine {
  /** Rejects with the program's last words when it ends by itself; never resolves. */
  readonly failed: Promise<never>;
  /** Kills the program. */
  stop(): Promise<void>;
}

/**
 * Starts a program, and waits until a line on its standard error matches `ready`.
 *
 * @throws with the program's last words when it ends before
 */
export async function startChildEngine(
  program: string,
  parameters: readonly string[],
  ready: RegExp,
): Promise<ChildEngine> {
  // A process group of its own. Ctrl-C must not reach the program: the relay first finishes the requests in flight.
  const shell = spawn('/bin/sh', ['-c', SUPERVISOR, program, ...parameters], {
    detached: true,
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const ended = new Promise<void>((resolve) => shell.once('close', () => resolve()));
  let stopping = false;
  let lastWords = '';
  const lines = createInterface({ input: shell.stderr });
  const isReady = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      lastWords = line;
      if (ready.test(line)) resolve();
    });
  });
  const failed = new Promise<never>((_, reject) => {
    shell.once('error', reject);
    const fail = () => {
      if (!stopping) reject(new Error(`The embedded DynamoDB ended by itself: ${lastWords}`));
    };
    lines.once('close', () => {
      shell.stdin.end();
      fail();
    });
    shell.once('exit', () => {
      killGroup(shell);
      fail();
    });
  });
  await Promise.race([isReady, failed]);
  return {
    failed,
    async stop() {
      stopping = true;
      shell.stdin.end();
      await ended;
    },
  };
}

/** Kills the program of a shell that somebody has killed. The group exists until both have ended. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Both have ended already.
  }
}
