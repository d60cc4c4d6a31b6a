import { describe, expect, it, vi } from 'vitest';
import { applyChange } from '../../../lib/relay/delivery/apply-change.ts';
import {
  attempted,
  cutShort,
  earlyAttemptFailed,
  ended,
  isDue,
  leased,
  leaseReturned,
  probeFailed,
  replayed,
} from '../../../lib/relay/delivery/state-machine.ts';
import { after } from '../../../lib/relay/model/clock.ts';
import type { Delivery, PendingDelivery, UnfinishedDelivery } from '../../../lib/relay/model/delivery.ts';
import type { SettledState } from '../../../lib/relay/model/delivery-state.ts';
import { MemoryEventLog } from '../../memory/event-log.ts';
import { anEndpointId, aPendingDelivery, aSettledDelivery } from '../../ports/builders.ts';
import { answer, NOON, noAnswer, seconds } from '../attempts.ts';
import { StandingClock } from '../standing-clock.ts';

const NO_JITTER = () => 0;
const BY_DEFAULT = { maxAttempts: 10, ordering: 'latest' } as const;
const HOUR = 3_600;

const PENDING = aPendingDelivery({ endpointId: anEndpointId('erp'), nextAttemptAt: NOON, dueAt: NOON });
const LEASED = leased(PENDING, 'a-lease', seconds(20), NOON);

const settledRow = (state: SettledState) => aSettledDelivery(state, { ...PENDING, settledAt: NOON });

/** An earlier run of fan-out may have sent it, if the filter wants it. */
const UNDECIDED: PendingDelivery = { ...PENDING, filterPending: true, possiblyDeliveredAt: seconds(5) };
const replay = (row: Delivery): UnfinishedDelivery => replayed(row, NOON, true);
const refused = (row: UnfinishedDelivery): Delivery => ended(row, 'skipped', 'filter-refused', NOON);

describe('what the endpoint may have received', () => {
  it.each<[string, Delivery, Date | undefined]>([
    ['a lease that nobody returned', leased(LEASED, 'another', seconds(60), NOON), seconds(20)],
    ['a first lease', LEASED, undefined],
    ['an end under a lease that nobody returned', endedUnder(LEASED), seconds(20)],
    ['an end without a lease', endedUnder(PENDING), undefined],
    ['an inline attempt that was cut short', cutShort(PENDING, noAnswer(3), NOON), seconds(3)],
    ['the replay of a delivered one', replayed(settledRow('delivered'), NOON, false), NOON],
    ['the replay of a dead one', replayed(settledRow('dead'), NOON, false), undefined],
    ['a lease that is returned', leaseReturned(LEASED, NOON), undefined],
    ['a filter that refuses what an earlier run may have sent', refused(UNDECIDED), undefined],
    [
      'a filter that refuses what was replayed before it was evaluated',
      refused(replay(UNDECIDED)),
      undefined,
    ],
    ['a filter that refuses the replay of a delivered one', refused(replay(settledRow('delivered'))), NOON],
  ])('is noted after %s', (_, row, at) => {
    expect(row.possiblyDeliveredAt).toEqual(at);
  });

  function endedUnder(row: UnfinishedDelivery): Delivery {
    return ended(row, 'cancelled', 'endpoint-disabled', NOON);
  }
});

describe('an attempt', () => {
  it.each<[string, Delivery, number]>([
    ['counts', attempted(LEASED, BY_DEFAULT, answer(503), NOON, NO_JITTER), 1],
    ['does not count as a probe that fails', probeFailed(LEASED, answer(503), NOON), 0],
    ['does not count when it fails before its time', earlyAttemptFailed(LEASED, answer(503), NOON), 0],
    ['does not count when it is cut short', cutShort(PENDING, noAnswer(), NOON), 0],
  ])('%s, and is shown in the row', (_, row, attemptCount) => {
    expect(row).toMatchObject({ attemptCount, attempts: [{ at: NOON }] });
  });

  it('is one of the last ten that the row keeps', () => {
    let row: UnfinishedDelivery = PENDING;
    for (let n = 0; n < 12; n++) row = earlyAttemptFailed(row, answer(400, n), NOON);

    expect(row.attempts.map(({ at }) => at)).toEqual(Array.from({ length: 10 }, (_, n) => seconds(n + 2)));
  });

  it('keeps its schedule when one before its time fails', () => {
    const later = { ...LEASED, nextAttemptAt: seconds(2 * HOUR) };

    expect(earlyAttemptFailed(later, answer(503), NOON)).toMatchObject({ nextAttemptAt: seconds(2 * HOUR) });
  });

  it.each([
    [undefined, true],
    [0, true],
    [2_500, true],
    [2_501, false],
  ])('is due when its time is at most 2.5 s away: %s ms', (ms, expected) => {
    const { nextAttemptAt: _, ...row } = PENDING;
    const scheduled = ms === undefined ? row : { ...row, nextAttemptAt: after(NOON, ms) };

    expect(isDue(scheduled, NOON)).toBe(expected);
  });
});

describe('applyChange', () => {
  it('writes nothing when another function has changed the state or the lease since the row was read', async () => {
    const eventLog = new MemoryEventLog(new StandingClock());
    await eventLog.putDeliveryIfAbsent(PENDING);
    const first = await applyChange({ eventLog }, PENDING, leased(PENDING, 'one', seconds(20), NOON));

    expect(first).toMatchObject({ leaseId: 'one', leaseUntil: seconds(20) });
    expect(
      await applyChange({ eventLog }, PENDING, leased(PENDING, 'other', seconds(30), NOON)),
    ).toBeUndefined();
    expect(await eventLog.deliveries(PENDING.orderKey)).toEqual([first]);
  });

  it('removes what the new state does not have, also when it was written since the row was read', async () => {
    const eventLog = new MemoryEventLog(new StandingClock());
    await eventLog.putDeliveryIfAbsent(PENDING);
    const { nextAttemptAt: _, ...asRead } = PENDING;
    const pending = { state: 'pending', leaseId: undefined } as const;
    await eventLog.updateDelivery(PENDING, pending, { reason: 'retry', nextAttemptAt: seconds(HOUR) });

    const settled = await applyChange(
      { eventLog },
      asRead,
      ended(asRead, 'cancelled', 'cancelled-by-hand', NOON),
    );
    const [row] = await eventLog.deliveries(PENDING.orderKey);
    const again = await applyChange({ eventLog }, row ?? asRead, replayed(row ?? asRead, NOON, false));

    expect(settled).toMatchObject({ state: 'cancelled' });
    expect(await eventLog.deliveries(PENDING.orderKey)).toEqual([again]);
    expect(again).not.toHaveProperty('nextAttemptAt');
  });

  it.each<[string, Delivery, Delivery, readonly string[]]>([
    [
      'a delivered one',
      PENDING,
      attempted(PENDING, BY_DEFAULT, answer(200), NOON, NO_JITTER),
      ['reason', 'nextAttemptAt', 'leaseId', 'leaseUntil'],
    ],
    ['a leased one', PENDING, LEASED, ['reason', 'settledAt']],
    [
      'a pending one',
      settledRow('dead'),
      replayed(settledRow('dead'), NOON, false),
      ['nextAttemptAt', 'leaseId', 'leaseUntil', 'settledAt'],
    ],
  ])(
    'removes every attribute that %s does not have, whether or not it was read',
    async (_, row, next, names) => {
      const eventLog = new MemoryEventLog(new StandingClock());
      const update = vi.spyOn(eventLog, 'updateDelivery');

      await applyChange({ eventLog }, row, next);

      const [, , change = {}] = update.mock.calls[0] ?? [];
      const removed = Object.entries(change).filter(([, value]) => value === null);
      expect(removed.map(([name]) => name)).toEqual(expect.arrayContaining([...names]));
    },
  );

  it('leaves alone what others may write at any time', async () => {
    const eventLog = new MemoryEventLog(new StandingClock());
    await eventLog.putDeliveryIfAbsent(PENDING);
    const pending = { state: 'pending', leaseId: undefined } as const;
    await eventLog.updateDelivery(PENDING, pending, { replayedAt: seconds(1) });

    await applyChange({ eventLog }, PENDING, leased(PENDING, 'one', seconds(20), NOON));

    expect(await eventLog.deliveries(PENDING.orderKey)).toMatchObject([{ replayedAt: seconds(1) }]);
  });

  it('writes nothing when nothing differs', async () => {
    const eventLog = new MemoryEventLog(new StandingClock());
    await eventLog.putDeliveryIfAbsent(PENDING);
    const update = vi.spyOn(eventLog, 'updateDelivery');

    expect(await applyChange({ eventLog }, PENDING, { ...PENDING })).toEqual(PENDING);
    expect(update).not.toHaveBeenCalled();
  });
});
