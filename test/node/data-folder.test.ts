import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { asDataFolderError, DataFolderError, openDataFolder } from '../../lib/node/data-folder.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensaria-folder-'));
  return () => rmSync(folder, { recursive: true, force: true });
});

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}

describe('a data folder', () => {
  it('is locked until it is closed', () => {
    const close = openDataFolder(folder);
    expect(() => openDataFolder(folder)).toThrow(/is in use by another relay\. Stop that one/);

    close();

    openDataFolder(folder)();
  });

  it('is reported as damaged, not as in use, when its lock is no database', () => {
    writeFileSync(join(folder, 'lock'), 'x'.repeat(4096));

    expect(() => openDataFolder(folder)).toThrow(/^The data in .* is damaged\. Replace the folder by a copy/);
  });

  it('is refused when a file has its name', () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');

    expect(() => openDataFolder(file)).toThrow(/cannot be created: a file is in its place/);
    expect(() => openDataFolder(join(file, 'deeper'))).toThrow(/cannot be created: a file is in its place/);
  });
});

describe('the sentence for an unusable data folder', () => {
  it.each([
    ['a full disk', coded('ENOSPC', 'no space left on device, write'), /^The disk of .* is full\. Free some/],
    ['a full SQLite file', new Error('database or disk is full'), /^The disk of .* is full\. Free some/],
    [
      'a read-only disk',
      coded('EROFS', 'read-only file system, mkdir'),
      /cannot be written\. Give this user/,
    ],
    ['a read-only file', new Error('attempt to write a readonly database'), /cannot be written\. Give this/],
    ['a forbidden file', coded('EACCES', 'permission denied, open'), /cannot be written\. Give this user/],
    [
      'a damaged LevelDB',
      new Error('Database failed to open', { cause: coded('LEVEL_CORRUPTION', 'Corruption: bad entry') }),
      /^The data in .* is damaged\..*LEVEL_CORRUPTION: Corruption: bad entry/,
    ],
    [
      'a LevelDB on a full disk',
      new Error('Database failed to open', { cause: coded('LEVEL_IO_ERROR', 'No space left on device') }),
      /^The disk of .* is full/,
    ],
    ['a damaged SQLite file', new Error('database disk image is malformed'), /^The data in .* is damaged/],
  ])('tells of %s, and what to do', (_, error, sentence) => {
    const told = asDataFolderError(folder, error);

    expect(told).toBeInstanceOf(DataFolderError);
    expect(told).toMatchObject({ message: expect.stringMatching(sentence), cause: error });
  });

  it('blames no other error on the folder', () => {
    const error = new TypeError('x is not a function');

    expect(asDataFolderError(folder, error)).toBe(error);
  });
});
