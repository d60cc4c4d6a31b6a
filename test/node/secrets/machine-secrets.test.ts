import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MachineSecrets } from '../../../lib/node/secrets/machine-secrets.ts';
import { SecretError } from '../../../lib/relay/ports/outgoing.ts';

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sensaria-secrets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function aFile(content: string | Uint8Array): string {
  const file = join(aFolder(), 'secret');
  writeFileSync(file, content);
  return file;
}

const read = (scheme: 'env' | 'file' | 'ssm', name: string, environment = {}) =>
  new MachineSecrets(environment).read({ scheme, name });

describe('a secret in an environment variable', () => {
  it('is read as it is', async () => {
    expect(await read('env', 'ERP', { ERP: ' Zürich\n' })).toBe(' Zürich\n');
  });

  it('that is not set says so, and nothing of the others', async () => {
    await expect(read('env', 'ERP', { OTHER: 'hush' })).rejects.toThrow(
      new SecretError('the relay has no such environment variable'),
    );
  });

  it('cannot be empty', async () => {
    await expect(read('env', 'ERP', { ERP: '' })).rejects.toThrow(new SecretError('it is empty'));
  });
});

describe('a secret in a file', () => {
  it.each([
    ['as it is', 'hush', 'hush'],
    ['without the newline at its end', 'Zürich\n', 'Zürich'],
    ['without a newline of Windows', 'hush\r\n', 'hush'],
    ['with all other lines', 'a\nb\n\n', 'a\nb\n'],
  ])('is read %s', async (_, content, expected) => {
    expect(await read('file', aFile(content))).toBe(expected);
  });

  it('is read again each time', async () => {
    const file = aFile('old');
    await read('file', file);
    writeFileSync(file, 'new');

    expect(await read('file', file)).toBe('new');
  });

  it('that is missing says so without its path', async () => {
    await expect(read('file', join(aFolder(), 'none'))).rejects.toThrow(
      new SecretError('there is no such file'),
    );
  });

  it('cannot be a pipe, which nobody may ever write into', async () => {
    const pipe = join(aFolder(), 'pipe');
    execFileSync('mkfifo', [pipe]);

    await expect(read('file', pipe)).rejects.toThrow(new SecretError('it is no regular file'));
  });

  it('cannot be a folder, a device, an empty file or one of more than 64 KB', async () => {
    await expect(read('file', aFolder())).rejects.toThrow(new SecretError('it is no regular file'));
    await expect(read('file', '/dev/zero')).rejects.toThrow(new SecretError('it is no regular file'));
    await expect(read('file', aFile(''))).rejects.toThrow(new SecretError('it is empty'));
    await expect(read('file', aFile('x'.repeat(64 * 1024 + 1)))).rejects.toThrow(
      new SecretError('the file has more than 64 KB'),
    );
  });
});

describe('a parameter of SSM on one machine', () => {
  it('is refused with what to use instead', async () => {
    await expect(read('ssm', '/relay/erp')).rejects.toThrow(
      new SecretError('this relay has no Parameter Store: use env:NAME or file:/path'),
    );
  });
});
