/** Runs the CLI in this process and returns its output and exit code. */
import { awsRelays } from '../../lib/connect/relays.ts';
import { run } from '../../lib/operator/cli/program.ts';

export interface CliOptions {
  /** The standard input. */
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly program?: string;
  readonly workingFolder?: string;
  /** Ctrl-C. */
  readonly interruption?: AbortSignal;
  /** The width of stderr; absent for a pipe. */
  readonly errColumns?: number;
  /** Called after each write to stderr. */
  readonly onErr?: () => void;
}

export interface CliResult {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

export async function cli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const written = { out: '', err: '' };
  const exitCode = await run(args, {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
      options.onErr?.();
    },
    input: async () => Buffer.from(options.input ?? ''),
    environment: options.environment ?? {},
    program: options.program ?? 'npm run relay --',
    workingFolder: options.workingFolder ?? import.meta.dirname,
    isColoured: false,
    errColumns: options.errColumns,
    relays: awsRelays,
    interruption: () => options.interruption ?? new AbortController().signal,
  });
  return { exitCode, ...written };
}

/** Parses the output of a command with `--json`: one value on one line. */
export function jsonOf({ out }: CliResult): unknown {
  const [line = '', ...rest] = out.split('\n');
  if (rest.join('') !== '') throw new Error(`expected one line: ${out}`);
  return JSON.parse(line);
}
