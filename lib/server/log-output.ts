/** Writes the log to stderr. A log that cannot be written must not end the relay. */
import { fstatSync, writeSync } from 'node:fs';

const STDERR = 2;

/** Returns a function that writes a line, with its line end, or drops it. */
export function logOutput(): (line: string) => void {
  // The reader of a pipe may end. Node reports that as an event, which would end the process without a listener.
  process.stderr.on('error', () => {});
  if (process.stderr.isTTY || fstatSync(STDERR).isFIFO() || fstatSync(STDERR).isSocket())
    return (line) => process.stderr.write(line);
  return writeToFile;
}

/** After a failed write, such as on a full disk, Node's own stream would write no more. */
function writeToFile(line: string): void {
  try {
    writeSync(STDERR, line);
  } catch {
    // There is no other place to say so.
  }
}
