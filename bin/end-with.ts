/** Ends a relay that cannot run. */
import { red } from 'yoctocolors';
import { DataFolderError } from '../lib/node/data-folder.ts';
import { HostError, PortInUseError } from '../lib/node/http/listen.ts';
import { printableLines } from '../lib/relay/model/printable.ts';

const FAILED = 1;

/**
 * Prints one sentence for an error that the user can fix, and a stack for any other.
 *
 * @param fixable one more kind of error that the user can fix
 */
export function endWith(error: unknown, fixable: abstract new (...parts: never[]) => Error): never {
  const isUserError =
    error instanceof PortInUseError ||
    error instanceof HostError ||
    error instanceof DataFolderError ||
    error instanceof fixable;
  console.error(
    red(printableLines(isUserError ? error.message : `The relay cannot run: ${describeError(error)}`)),
  );
  process.exit(FAILED);
}

/** Without the stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function describeError(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
