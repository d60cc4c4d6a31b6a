import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { aFreePort } from './a-server.ts';
import { cli, jsonOf } from './cli.ts';

const COMMANDS = [
  ...['add', 'list', 'rotate', 'remove'].map((name) => `sources ${name}`),
  ...['add', 'list', 'show', 'set', 'remove'].map((name) => `endpoints ${name}`),
  ...['pause', 'resume', 'enable', 'disable'].map((name) => `endpoints ${name}`),
  ...['list', 'show'].map((name) => `events ${name}`),
  'orders show',
  ...['list', 'retry', 'cancel'].map((name) => `deliveries ${name}`),
  'replay',
  ...['list', 'redrive', 'drop'].map((name) => `dlq ${name}`),
  'forget',
  'send',
];

describe('--help', () => {
  it('shows examples at the top', async () => {
    const { exitCode, out, err } = await cli(['--help']);

    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toContain('$ npm run relay -- endpoints add --id erp --url https://');
    expect(out).toContain('Exit code: 0 done, 1 ');
  });

  it.each(COMMANDS)('explains %s, with the options that every command takes', async (command) => {
    const { exitCode, out, err } = await cli([...command.split(' '), '--help']);

    expect({ exitCode, err }).toEqual({ exitCode: 0, err: '' });
    expect(out).toMatch(`Usage: npm run relay -- ${command} `);
    expect(out).toMatch(/\n\n[A-Z].*\.\n\n/);
    for (const option of ['--port <number>', '--stack <name>', '--json']) expect(out).toContain(option);
  });
});

describe('--version', () => {
  it('is that of the package', async () => {
    expect(await cli(['--version'])).toEqual({ exitCode: 0, out: `${packageJson.version}\n`, err: '' });
  });
});

describe('a command line that is wrong', () => {
  it.each([[[]], [['sources']], [['endpoints', '--port', '1']]])(
    'is answered with the commands there are when one is missing: %j',
    async (args) => {
      const { exitCode, out, err } = await cli(args);

      expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
      expect(err).toMatch(/^Usage: npm run relay -- .*\nCommands:\n/s);
    },
  );

  it.each([
    [['source', 'list'], "unknown command 'source'\nDid you mean sources?"],
    [['endpoints', 'lst'], "unknown command 'lst'\nDid you mean list?"],
    [['sources', 'list', '--stak', 'x'], "unknown option '--stak'\nDid you mean --stack?"],
    [
      ['sources', 'list', '--port'],
      "option '--port <number>' argument missing\n--help says what a command takes.",
    ],
    [['sources', 'list', 'all'], "too many arguments for 'list'. Expected 0 arguments but got 1: all\n"],
  ])('is refused with exit code 2: %j', async (args, message) => {
    const { exitCode, out, err } = await cli(args);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
  });

  it.each([
    [['--json'], 'a command is missing. --help says what a command takes.'],
    [['--json', 'source'], "unknown command 'source'. Did you mean sources?"],
    [
      ['endpoints', 'add', '--json'],
      "required option '--id <id>' not specified. --help says what a command takes.",
    ],
    [['events', 'list', '--limit', '0', '--json'], '--limit must be at least 1'],
  ])('is refused in JSON when JSON is wanted: %j', async (args, error) => {
    expect(await cli(args)).toEqual({ exitCode: 2, out: '', err: `${JSON.stringify({ error })}\n` });
  });

  it('does not show the token of an address that was typed in the wrong place', async () => {
    const address = 'https://relay.example/webhooks/5UDXymzofXN0JDz3XeGA5GVZeVy4?orderid=';

    const results = [
      await cli(['send', 'order.json', address]),
      await cli(['send', address]),
      await cli([address]),
      await cli([address, '--json']),
    ];

    for (const { exitCode, out, err } of results) {
      expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
      expect(err).toContain('https://relay.example/webhooks/…');
    }
  });

  it('does not repeat what was given to an option that there is not', async () => {
    const { exitCode, err } = await cli([
      'send',
      '--adress=https://relay.example/webhooks/5UDXymzof',
      'order.json',
    ]);

    expect(exitCode).toBe(2);
    expect(err).toContain("error: unknown option '--adress=…'");
  });
});

describe('a failure', () => {
  it('is told in JSON when JSON is wanted, on one line', async () => {
    const port = await aFreePort();

    const { exitCode, out, err } = await cli(['sources', 'list', '--json', '--port', port]);

    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(jsonOf({ exitCode, out: err, err: '' })).toEqual({
      error: expect.stringMatching(`^no relay is running on port ${port} of this machine\\. Start one`),
    });
  });
});
