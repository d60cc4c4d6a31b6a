/** Reads secrets from files and the standard input, so that they stay out of the shell history. */
import { readFile } from 'node:fs/promises';
import { InvalidInputError } from '../errors.ts';
import type { Terminal } from './output.ts';

const STANDARD_INPUT = '-';

/**
 * Reads `@path` from a file and `-` from the standard input, without a final line end. Other values stay as they are.
 *
 * @returns a function that takes the attribute's name for its errors
 */
export function secretInput(terminal: Terminal): (attribute: string, typed: string) => Promise<string> {
  let isRead = false;
  return async (attribute, typed) => {
    if (typed.startsWith('@')) return contentOf(attribute, await readSecretFile(attribute, typed.slice(1)));
    if (typed !== STANDARD_INPUT) return typed;
    if (isRead) throw wrong(attribute, 'cannot read the standard input: another option reads it');
    isRead = true;
    return contentOf(attribute, await terminal.input());
  };
}

/** The error omits the path: it can be a secret that begins with @. */
async function readSecretFile(attribute: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch {
    throw wrong(attribute, 'begins with @ and names a file that cannot be read');
  }
}

function contentOf(attribute: string, content: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content).replace(/\r?\n$/, '');
  } catch {
    throw wrong(attribute, 'must be UTF-8 text');
  }
}

function wrong(attribute: string, problem: string): InvalidInputError {
  return new InvalidInputError([{ attribute, problem }]);
}
