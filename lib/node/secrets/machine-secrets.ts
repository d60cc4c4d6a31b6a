/** The Secrets port of a relay on one machine: environment variables and files. */
import { constants, open } from 'node:fs/promises';
import type { SecretReference } from '../../relay/endpoint/secret.ts';
import { SecretError, type Secrets } from '../../relay/ports/outgoing.ts';

/** Far more than any certificate chain. A path of a large file is a mistake. */
const FILE_LIMIT_BYTES = 64 * 1024;

/** Of opening and reading a file (https://nodejs.org/api/errors.html#common-system-errors). */
const FILE_PROBLEMS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    ENOENT: 'there is no such file',
    ENOTDIR: 'there is no such file',
    EACCES: 'the relay may not read the file',
    EPERM: 'the relay may not read the file',
    EISDIR: 'it is a folder',
  }),
);

export class MachineSecrets implements Secrets {
  readonly #environment: Readonly<Record<string, string | undefined>>;

  constructor(environment: Readonly<Record<string, string | undefined>> = process.env) {
    this.#environment = environment;
  }

  async read({ scheme, name }: SecretReference): Promise<string> {
    const value = await this.#valueOf(scheme, name);
    if (value === '') throw new SecretError('it is empty');
    return value;
  }

  async #valueOf(scheme: SecretReference['scheme'], name: string): Promise<string> {
    switch (scheme) {
      case 'env': {
        const { [name]: value } = this.#environment;
        if (value === undefined) throw new SecretError('the relay has no such environment variable');
        return value;
      }
      case 'file':
        return readSecretFile(name);
      case 'ssm':
        throw new SecretError('this relay has no Parameter Store: use env:NAME or file:/path');
    }
  }
}

async function readSecretFile(path: string): Promise<string> {
  try {
    // Opening a pipe that nobody writes into would wait for ever, and hold one of Node's few threads.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      // A device could block, or never end.
      if (!(await file.stat()).isFile()) throw new SecretError('it is no regular file');
      const { bytesRead, buffer } = await file.read(Buffer.alloc(FILE_LIMIT_BYTES + 1));
      if (bytesRead > FILE_LIMIT_BYTES) throw new SecretError('the file has more than 64 KB');
      // Editors and `echo` end a file in a newline, which is no part of the secret.
      return buffer.toString('utf8', 0, bytesRead).replace(/\r?\n$/, '');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof SecretError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    throw new SecretError(FILE_PROBLEMS.get(code) ?? 'the file cannot be read');
  }
}
