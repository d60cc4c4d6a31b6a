/** Reads secrets from where a shell does not keep them: files, and the standard input. */
import { readFile } from 'node:fs/promises';
import { InvalidInputError } from '../errors.ts';
import type { Terminal } from './output.ts';

const STANDARD_INPUT = '-';

/**
 * What a typed value stands for: the content of a file for `@path`, of the standard input for `-`, else itself. One
 * line end at the end of a content is not part of it.
 *
 * @returns a function that takes the attribute's name, for its errors
 */
export function secretInput(terminal: Terminal): (attribute: string, typed: string) => Promise<string> {
  let isRead = false;
  return async (attribute, typed) => {
    if (typed.startsWith('@')) return contentOf(attribute, await readSecretFile(attribute, typed.slice(1)));
    if (typed !== STANDARD_INPUT) return typed;
    if (isRead) throw wrong(attribute, 'is the second that wants the standard input, of which there is one');
    isRead = true;
    return contentOf(attribute, await terminal.input());
  };
}

/** The path is not repeated: it may be a secret that begins with an @. */
async function readSecretFile(attribute: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch {
    throw wrong(attribute, 'begins with @ and so names a file, which cannot be read');
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
