import { describe, expect, it } from 'vitest';
import { type Call, withWholeCommands } from '../../lib/operator/cli/calls.ts';
import { cli } from './cli.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const CALL: Call = { program: 'relay', commands: ['endpoints', 'dlq'], options: '--stack Shop' };

describe('a command in a hint', () => {
  it('gets the program’s name and the options that the user typed', () => {
    expect(withWholeCommands('Try `endpoints list`, or `dlq`. `npm start` starts it.', CALL)).toBe(
      'Try `relay endpoints list --stack Shop`, or `relay dlq --stack Shop`. `npm start` starts it.',
    );
  });
});

const relay = useTablesOnlyRelay();

describe('a hint of the CLI', () => {
  it('repeats how the user called it, in an error and in a result', async () => {
    const { port } = relay();

    const failed = await cli(['endpoints', 'show', 'erp', '--port', port]);
    const empty = await cli(['endpoints', 'list', '--port', port], { program: 'relay' });

    expect(failed.err).toContain(`\`npm run relay -- endpoints list --port ${port}\` shows all endpoints.`);
    expect(empty.out).toContain(
      `\`relay endpoints add --id erp --url https://erp.example.com/hooks --port ${port}\``,
    );
  });

  it('leaves the port out when the environment names it', async () => {
    const { err } = await cli(['endpoints', 'show', 'erp'], { environment: { RELAY_PORT: relay().port } });

    expect(err).toContain('`npm run relay -- endpoints list` shows all endpoints.');
  });

  it('does not change text that came with a row', async () => {
    await relay().put('endpoint', 'erp', {
      url: 'https://erp.example.com',
      description: 'see `endpoints list`',
    });

    const { out } = await relay().cli(['endpoints', 'show', 'erp']);

    expect(out).toContain('see `endpoints list`');
  });
});

describe('the name of the program', () => {
  it('is the one that the user called', async () => {
    const { out } = await cli(['endpoints', 'list', '--help'], { program: 'relay' });

    expect(out).toContain('Usage: relay endpoints list [options]');
  });
});
