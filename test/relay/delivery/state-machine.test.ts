import { describe, expect, it } from 'vitest';
import * as stateMachine from '../../../lib/relay/delivery/state-machine.ts';
import { DUE_FIRST } from '../../../lib/relay/model/delivery.ts';
import { DELIVERY_STATES } from '../../../lib/relay/model/delivery-state.ts';
import { seconds } from '../attempts.ts';
import { TABLE } from './state-table.ts';
import { stateTablePage } from './state-table-page.ts';

/** Exports that are no transitions. */
const OTHERS = ['isDue', 'messageFor', 'newDelivery'];

describe('a delivery', () => {
  it.each(TABLE)('$from: when $name', ({ after, state, owedTo, dueAt, message, messages }) => {
    expect(after.state).toBe(state);
    expect(after.owedTo).toBe(owedTo);
    expect(after.dueAt).toEqual(
      dueAt === undefined ? undefined : dueAt === 'first' ? DUE_FIRST : seconds(dueAt),
    );
    expect(messages).toEqual(message === undefined ? [] : [message]);
  });

  it.each(TABLE.filter(({ before, state }) => before.state === 'leased' && state !== 'leased'))(
    'is under no lease any more when $name',
    ({ after }) => {
      expect(after).not.toHaveProperty('leaseId');
      expect(after).not.toHaveProperty('leaseUntil');
    },
  );
});

describe('the table of transitions', () => {
  it('has every transition of the state machine', () => {
    const transitions = Object.keys(stateMachine).filter((name) => !OTHERS.includes(name));

    expect([...new Set(TABLE.map(({ event }) => event))].sort()).toEqual(transitions.sort());
  });

  it('has every state', () => {
    expect(new Set(TABLE.map(({ after }) => after.state))).toEqual(new Set(DELIVERY_STATES));
  });

  // `npm test -- test/relay/delivery/state-machine.test.ts -u` writes the page.
  it('is the one in docs/delivery-states.md, and so is the diagram', async () => {
    await expect(stateTablePage(TABLE)).toMatchFileSnapshot('../../../docs/delivery-states.md');
  });
});
