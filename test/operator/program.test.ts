import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { cli, jsonOf } from './cli.ts';
import { aFreePort } from './http-server.ts';

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
    expect(out).toContain('Exit codes: 0 success; 1 ');
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

describe('an invalid command line', () => {
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
    [['orders', 'list', '--since', '2h'], 'there is no list of orders\n`npm run relay -- orders search '],
    [['endpoints', 'lst'], "unknown command 'lst'\nDid you mean list?"],
    [['sources', 'list', '--stak', 'x'], "unknown option '--stak'\nDid you mean --stack?"],
    [
      ['sources', 'list', '--port'],
      "option '--port <number>' argument missing\n--help shows the options of a command.",
    ],
    [['sources', 'list', 'all'], "too many arguments for 'list'. Expected 0 arguments but got 1\n"],
  ])('is refused with exit code 2: %j', async (args, message) => {
    const { exitCode, out, err } = await cli(args);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
  });

  it.each([
    [['--json'], 'a command is required. --help shows the options of a command.'],
    [['--json', 'source'], "unknown command 'source'. Did you mean sources?"],
    [
      ['endpoints', 'add', '--json'],
      "required option '--id <id>' not specified. --help shows the options of a command.",
    ],
    [['events', 'list', '--limit', '0', '--json'], '--limit must be at least 1'],
  ])('is refused in JSON when JSON is wanted: %j', async (args, error) => {
    expect(await cli(args)).toEqual({ exitCode: 2, out: '', err: `${JSON.stringify({ error })}\n` });
  });

  it('does not show the token of an address that was typed in the wrong place', async () => {
    const address = 'https://relay.example/webhooks/5UDXymzofXN0JDz3XeGA5GVZeVy4?orderid=';

    const results = [await cli(['send', address]), await cli([address]), await cli([address, '--json'])];

    for (const { exitCode, out, err } of results) {
      expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
      expect(err).toContain('https://relay.example/webhooks/…');
    }
  });

  it('does not repeat an excess argument', async () => {
    const { exitCode, err } = await cli(['endpoints', 'set', 'erp', '--header', 'x-key: two', 'S3CRET']);

    expect(exitCode).toBe(2);
    expect(err).toContain("error: too many arguments for 'set'. Expected 1 argument but got 2");
    expect(err).not.toContain('S3CRET');
  });

  it('does not repeat the value of an unknown option', async () => {
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
  it('is one line of JSON with --json', async () => {
    const port = await aFreePort();

    const { exitCode, out, err } = await cli(['sources', 'list', '--json', '--port', port]);

    expect({ exitCode, out }).toEqual({ exitCode: 1, out: '' });
    expect(jsonOf({ exitCode, out: err, err: '' })).toEqual({
      error: expect.stringMatching(`^no relay is running on port ${port} of this machine\\. Start one`),
    });
  });
});
