import type { Command } from 'commander';
import { relays } from '../../lib/connect/relays.ts';
import { serveConsole } from '../../lib/console/serve-console.ts';
import { Output, type Terminal } from '../../lib/operator/cli/output.ts';
import { buildProgram } from '../../lib/operator/cli/program.ts';

/** The CLI's commands, to look at. Nothing runs. */
export function aProgram(): Command {
  const terminal: Terminal = {
    out: () => {},
    err: () => {},
    input: async () => new Uint8Array(),
    openBrowser: async () => false,
    environment: {},
    program: 'relay',
    workingFolder: '.',
    isColoured: false,
    relays,
    serveConsole,
    interruption: () => new AbortController().signal,
  };
  return buildProgram(terminal, new Output({ terminal, json: false }));
}
