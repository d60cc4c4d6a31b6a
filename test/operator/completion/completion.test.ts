import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { cli } from '../cli.ts';

const has = (shell: string) => spawnSync(shell, ['--version']).status === 0;

const run = (shell: string, args: readonly string[]) => execFileSync(shell, args, { encoding: 'utf8' });

async function scriptOf(shell: string): Promise<string> {
  const { exitCode, out, err } = await cli(['completion', shell]);
  expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
  return out;
}

/** The shell's proposals after the words. The last word is completed. */
type Complete = (words: readonly string[]) => Promise<string[]>;

const inBash: Complete = async (words) => {
  const list = words.map((word) => `'${word}'`).join(' ');
  const program = `${await scriptOf('bash')}
    COMP_WORDS=(relay ${list}); COMP_CWORD=${words.length}; _relay; printf '%s\\n' "\${COMPREPLY[@]}"`;
  return lines(run('bash', ['--norc', '-c', program]));
};

/** Outside of a completion, zsh has no `compadd`: this one prints the words that match. */
const inZsh: Complete = async (words) => {
  const list = words.map((word) => `'${word}'`).join(' ');
  const program = `compdef() { :; }
    compadd() { shift; for one in "$@"; do [[ $one == "$prefix"* ]] && print -r -- "$one"; done; }
    _files() { :; }
    ${await scriptOf('zsh')}
    prefix='${words.at(-1)}'; words=(relay ${list}); CURRENT=${words.length + 1}; _relay; true`;
  return lines(run('zsh', ['-f', '-c', program]));
};

const inFish: Complete = async (words) => {
  const typed = ['relay', ...words].join(' ');
  const program = `${await scriptOf('fish')}\ncomplete -C '${typed}'`;
  const out = run('fish', ['--no-config', '-c', program]);
  return lines(out).map((line) => line.split('\t')[0] ?? '');
};

function lines(text: string): string[] {
  return text.split('\n').filter(Boolean).toSorted();
}

describe.each([
  ['bash', inBash],
  ['zsh', inZsh],
  ['fish', inFish],
] as const)('completion in %s', (shell, complete) => {
  it.skipIf(!has(shell))('offers commands, subcommands, options and the values of some', async () => {
    expect(await complete(['e'])).toEqual(['endpoints', 'events']);
    expect(await complete(['endpoints', 'h'])).toEqual(['history']);
    expect(await complete(['--port', '8787', 'endpoints', 'h'])).toEqual(['history']);
    expect(await complete(['endpoints', 'history', 'erp', '--s'])).toEqual(['--since', '--stack', '--state']);
    expect(await complete(['endpoints', 'history', 'erp', '--state', 'd'])).toEqual(['dead', 'delivered']);
    expect(await complete(['dlq', 'drop', '--queue', 'e'])).toEqual(['events']);
    expect(await complete(['completion', 'z'])).toEqual(['zsh']);
    expect(await complete(['orders', 'l'])).toEqual([]);
  });
});

describe('completion', () => {
  it('of another shell is refused', async () => {
    expect(await cli(['completion', 'cmd'])).toEqual({
      exitCode: 2,
      out: '',
      err: 'error: <shell> must be bash, zsh or fish\n',
    });
  });
});
