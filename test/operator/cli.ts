/** Runs the CLI in this process and returns its output and exit code. */

import { z } from 'zod';
import { relays } from '../../lib/connect/relays.ts';
import { serveConsole } from '../../lib/console/serve-console.ts';
import { run } from '../../lib/operator/cli/program.ts';
import type { Relays } from '../../lib/operator/connection.ts';

export interface CliOptions {
  /** The standard input. */
  readonly input?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  /** Says yes unless given; null without a terminal. */
  readonly ask?: ((question: string) => Promise<string | undefined>) | null;
  /** Receives the addresses to open. Without it, there is no browser. */
  readonly openBrowser?: (address: string) => void;
  readonly program?: string;
  readonly workingFolder?: string;
  /** Ctrl-C. */
  readonly interruption?: AbortSignal;
  /** The width of stdout; absent for a pipe. */
  readonly columns?: number;
  /** The width of stderr; absent for a pipe. */
  readonly errColumns?: number;
  /** Called after each write to stderr. */
  readonly onErr?: () => void;
  /** Called after each write to stdout. */
  readonly onOut?: (text: string) => unknown;
  /** Those of AWS by default. */
  readonly relays?: Relays;
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
      options.onOut?.(text);
    },
    err: (text) => {
      written.err += text;
      options.onErr?.();
    },
    input: async () => Buffer.from(options.input ?? ''),
    ask: options.ask === null ? undefined : (options.ask ?? (async () => 'y')),
    openBrowser: async (address) => {
      options.openBrowser?.(address);
      return options.openBrowser !== undefined;
    },
    environment: options.environment ?? {},
    program: options.program ?? 'npm run relay --',
    workingFolder: options.workingFolder ?? import.meta.dirname,
    isColoured: false,
    columns: options.columns,
    errColumns: options.errColumns,
    relays: options.relays ?? relays,
    serveConsole,
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

/** The items of a list with `--json`. */
export function itemsOf(result: CliResult): readonly unknown[] {
  return z.object({ items: z.array(z.unknown()) }).parse(jsonOf(result)).items;
}
