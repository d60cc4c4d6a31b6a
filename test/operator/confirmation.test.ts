import { describe, expect, it } from 'vitest';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay();

describe.each([
  [['endpoints', 'remove', 'erp'], 'Remove the endpoint erp, and cancel its pending deliveries'],
  [['sources', 'remove', 'main'], 'Remove the source main, so that its webhooks are refused'],
  [['dlq', 'drop', '--all'], 'Delete all messages in the dead-letter queues'],
  [['dlq', 'drop', '--all', '--queue', 'events'], 'Delete all messages in the dead-letter queue of events'],
  [['forget', '--order', '7-501'], 'Erase the personal data of order 7-501 for ever'],
])('%j', (args, question) => {
  it('asks first, and changes nothing without a yes', async () => {
    await relay().put('endpoint', 'erp', { url: 'https://erp.example' });
    const asked: string[] = [];

    for (const answer of ['', 'n', 'yess', undefined]) {
      const ask = async (text: string) => {
        asked.push(text);
        return answer;
      };
      const result = await relay().cli(args, { ask });
      expect(result).toEqual({ exitCode: 2, out: '', err: 'error: nothing was changed\n' });
    }

    expect(asked).toEqual(Array(4).fill(`${question}? [y/N] `));
    expect(await relay().config()).toHaveLength(1);
  });

  it('needs --yes without a terminal', async () => {
    const refused = await relay().cli(args, { ask: null });
    const sure = await relay().cli([...args, '--yes'], { ask: null });

    expect(refused).toEqual({
      exitCode: 2,
      out: '',
      err: `error: --yes is required where nobody can be asked: ${question}\n`,
    });
    expect(sure.err).not.toContain('--yes');
  });
});

describe('a dry run', () => {
  it('asks nothing', async () => {
    const { err } = await relay().cli(['forget', '--order', '7-501', '--dry-run'], { ask: null });

    expect(err).not.toContain('--yes');
  });
});
