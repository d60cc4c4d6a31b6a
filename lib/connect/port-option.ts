import { DEFAULT_PORT } from '../contract/local-relay.ts';

/** Selects a local relay in a command. The usual port needs no option. */
export function portOption(port: number): { readonly option?: string } {
  return port === DEFAULT_PORT ? {} : { option: `--port ${port}` };
}
