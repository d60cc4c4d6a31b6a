import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonOf } from '../cli.ts';
import { useTablesOnlyRelay } from '../tables-only-relay.ts';

const relay = useTablesOnlyRelay();

const schema = z.strictObject({
  items: z
    .array(
      z.strictObject({
        check: z.string(),
        state: z.enum(['ok', 'problem', 'unknown']),
        text: z.string(),
        action: z.string().optional(),
      }),
    )
    .min(4),
});

describe('doctor', () => {
  it('shows problems first, with commands that can be pasted, and exits with 1', async () => {
    const { exitCode, out, err } = await relay().cli(['doctor'], { program: 'relay' });

    expect(exitCode).toBe(1);
    expect(out).toMatch(/^✘ /);
    expect(out).toContain('✘  sources          there is none, so nobody can send a webhook\n');
    expect(out).toContain('→ `relay sources add main` adds one and shows its address.\n');
    expect(out).toMatch(/\n✔ {2}dead letters +none\n/);
    expect(err).toMatch(/^error: \d findings need attention\n$/);
  });

  it('is one JSON value with --json', async () => {
    const result = await relay().cli(['doctor', '--json']);

    expect(result.exitCode).toBe(1);
    expect(() => schema.parse(jsonOf(result))).not.toThrow();
  });

  it('does not print control characters of a row', async () => {
    await relay().put('endpoint', 'erp\u001b[2J', { url: 'no URL' });

    const { out } = await relay().cli(['doctor']);

    expect(out).toContain('the row erp\\u001b[2J is invalid');
  });
});
