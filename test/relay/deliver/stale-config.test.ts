import { describe, expect, it, vi } from 'vitest';
import { deliver } from '../../../lib/relay/deliver/deliver.ts';
import { fanOut } from '../../../lib/relay/fan-out/fan-out.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { aRelay } from '../a-relay.ts';
import { whileTimePasses } from '../while-time-passes.ts';

/** A function that was frozen for long: its copy of the config does not have the endpoint `erp`. */
async function withFrozenFunction() {
  const relay = aRelay();
  const frozen = relay.another();
  relay.endpoint('other');
  await frozen.config.endpoints();
  relay.minutes(20);
  relay.newEndpoint('erp');
  relay.minutes(20);
  return { relay, frozen, rows: relay.configTable.rows.bind(relay.configTable) };
}

describe('a function with an old copy of the config', () => {
  it('waits for a slow read before it fans an event out', async () => {
    const { relay, frozen, rows } = await withFrozenFunction();
    const eventId = await relay.accepted();
    vi.spyOn(relay.configTable, 'rows').mockImplementationOnce(async (kind, ...rest) => {
      await relay.clock.sleep(2_200);
      return rows(kind, ...rest);
    });

    await whileTimePasses(relay, fanOut(frozen, relay.eventQueue.take()));
    await relay.work();

    expect(relay.sender.eventsTo('erp')).toEqual([eventId]);
  });

  it('cancels nothing while the endpoints cannot be read', async () => {
    const { relay, frozen, rows } = await withFrozenFunction();
    await relay.accepted();
    await relay.fanOut();
    relay.minutes(5);
    vi.spyOn(relay.configTable, 'rows').mockImplementation((kind, ...rest) =>
      kind === 'endpoint' ? Promise.reject(new StoreError('throttled')) : rows(kind, ...rest),
    );

    await deliver(frozen, relay.deliveryQueue.take(), relay.deadline());

    expect(await relay.rows()).toMatchObject([{ endpointId: 'erp', state: 'pending' }]);
  });
});
