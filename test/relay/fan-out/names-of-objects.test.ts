import { describe, expect, it } from 'vitest';
import { aRelay, UNAVAILABLE } from '../a-relay.ts';

/** Names that every object has. An endpoint may be called so. */
const NAMES = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'] as const;

const hostOf = (id: string) => `${id.replaceAll('_', '').toLowerCase()}.example`;

function aRelayWith(attributes: Record<string, unknown> = {}) {
  const relay = aRelay();
  for (const id of NAMES) relay.endpoint(id, { url: `https://${hostOf(id)}/hook`, ...attributes });
  relay.endpoint('erp', attributes);
  return relay;
}

describe('endpoints with the names of an object’s members', () => {
  it('receive every event, as all others do', async () => {
    const relay = aRelayWith();
    const event = await relay.accepted();

    expect(await relay.fanOut()).toEqual([]);

    for (const id of NAMES) expect(relay.sender.eventsTo(hostOf(id))).toEqual([event]);
    const outcomes = Object.entries(await relay.outcomes(event));
    expect(outcomes.map(([id]) => id).sort()).toEqual([...NAMES, 'erp'].sort());
    for (const [, outcome] of outcomes) expect(outcome).toBe('delivered 200 in 0 ms');
  });

  it('receive retries, whose outcomes are recorded', async () => {
    const relay = aRelayWith();
    for (const id of NAMES) relay.sender.answers.set(hostOf(id), UNAVAILABLE);
    const event = await relay.accepted();
    await relay.fanOut();
    relay.sender.answers.clear();

    await relay.run(2);

    const outcomes = Object.entries(await relay.outcomes(event));
    expect(outcomes).toHaveLength(NAMES.length + 1);
    for (const [, outcome] of outcomes) expect(outcome).toMatch(/^delivered 200/);
    expect(Object.keys((await relay.event(event)).outcomes ?? {})).toContain('__proto__');
  });

  it('have no outcome before they received anything', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const event = await relay.accepted();
    await relay.fanOut();

    const { outcomes } = await relay.event(event);

    for (const id of NAMES) expect(Reflect.get(outcomes ?? {}, id)).toBeUndefined();
  });

  it('skip what is unchanged, like all others', async () => {
    const relay = aRelayWith({ skipUnchanged: true });
    await relay.accepted();
    await relay.accepted();
    await relay.fanOut();

    for (const id of NAMES) expect(relay.sender.eventsTo(hostOf(id))).toHaveLength(1);
  });
});
