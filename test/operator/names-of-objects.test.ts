import { beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { EventRecord, Outcomes } from '../../lib/relay/model/event.ts';
import { recordOf } from '../../lib/relay/model/record-of.ts';
import { anEndpointId } from '../ports/builders.ts';
import { itemsOf, jsonOf } from './cli.ts';
import { storedEvents } from './stored-events.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

/** Names that every object has. An endpoint may be called so. */
const NAMES = ['__proto__', 'constructor', 'toString'] as const;

const relay = useTablesOnlyRelay();
const { aSource, stored, fannedOut, owed } = storedEvents(relay);
const run = async (...args: string[]) => {
  const result = await relay().cli(args);
  expect(result).toMatchObject({ exitCode: 0, err: '' });
  return result;
};

const outcomeSchema = z.looseObject({ state: z.string() });
/** A zod record would lose `__proto__`. */
const outcomesSchema = z.looseObject({
  eventId: z.string(),
  outcomes: z.custom<object>((value) => typeof value === 'object' && value !== null),
});
const stateIn = (outcomes: object, name: string) => {
  expect(Object.keys(outcomes)).toContain(name);
  return outcomeSchema.parse(Object.getOwnPropertyDescriptor(outcomes, name)?.value).state;
};

beforeEach(async () => {
  for (const id of NAMES)
    await run('endpoints', 'add', '--id', id, '--url', `https://${id.replaceAll('_', '')}.example/hook`);
});

/** An event that one of them received and the others wait for. */
async function anEvent(): Promise<EventRecord> {
  const event = await stored({ source: await aSource(), orderId: '7-501', niceId: 'Magic7-501' });
  const outcomes: Outcomes = recordOf([
    [anEndpointId('__proto__'), { state: 'pending' }],
    [anEndpointId('constructor'), { state: 'delivered', status: 200, durationMs: 12 }],
    [anEndpointId('toString'), { state: 'pending' }],
  ]);
  await fannedOut(event, outcomes);
  for (const id of ['__proto__', 'toString'])
    await owed(event, { endpointId: anEndpointId(id), reason: 'endpoint-failing' });
  return event;
}

describe('endpoints with the names of an object’s members', () => {
  it('are listed', async () => {
    await anEvent();

    const { out } = await run('endpoints', 'list');
    const rows = z
      .array(z.looseObject({ id: z.string() }))
      .parse(itemsOf(await run('endpoints', 'list', '--json')));

    for (const id of NAMES) expect(out).toContain(`${id} `);
    expect(rows.map(({ id }) => id).toSorted()).toEqual([...NAMES].toSorted());
  });

  it.each(NAMES)('are shown: %s', async (id) => {
    const url = `https://${id.replaceAll('_', '')}.example/hook`;

    expect((await run('endpoints', 'show', id)).out).toContain(url);
    expect(jsonOf(await run('endpoints', 'show', id, '--json'))).toMatchObject({ id, url });
  });

  it('have no health that nobody measured, and no deliveries of another endpoint', async () => {
    await anEvent();

    for (const id of NAMES) {
      const shown = jsonOf(await run('endpoints', 'show', id, '--json'));
      expect(shown).not.toHaveProperty('health');
      if (id === 'constructor') expect(shown).toHaveProperty('deliveries.pending.count', 0);
      else expect(shown).not.toHaveProperty('deliveries.pending.count', 0);
    }
  });

  it('are among the outcomes of an event', async () => {
    const { eventId } = await anEvent();

    const { out } = await run('events', 'show', eventId);
    const { outcomes } = outcomesSchema.parse(jsonOf(await run('events', 'show', eventId, '--json')));

    expect(out).toMatch(/__proto__ +pending/);
    expect(out).toMatch(/constructor +delivered 200 in 12 ms/);
    expect(out).toMatch(/toString +pending/);
    expect(stateIn(outcomes, '__proto__')).toBe('pending');
    expect(stateIn(outcomes, 'constructor')).toBe('delivered');
    expect(stateIn(outcomes, 'toString')).toBe('pending');
  });

  it('are among the outcomes of an order', async () => {
    const event = await anEvent();
    const args = ['orders', 'show', 'Magic7-501', '--source', event.source];

    const { out } = await run(...args);
    const { events } = z
      .looseObject({ events: z.array(outcomesSchema) })
      .parse(jsonOf(await run(...args, '--json')));

    expect(out).toMatch(/__proto__ +pending/);
    expect(out).toMatch(/constructor +delivered 200 in 12 ms/);
    expect(out).toMatch(/toString +pending/);
    for (const name of NAMES)
      expect(stateIn(events[0]?.outcomes ?? {}, name)).toBe(name === 'constructor' ? 'delivered' : 'pending');
  });

  it('are no outcome of an event that they did not receive', async () => {
    const event = await stored({ source: await aSource(), orderId: '7-502' });
    await fannedOut(event, { [anEndpointId('erp')]: { state: 'delivered', status: 200, durationMs: 5 } });

    const { out } = await run('events', 'show', event.eventId);

    for (const name of NAMES) expect(out).not.toContain(name);
  });
});
