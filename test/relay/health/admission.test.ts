import { describe, expect, it, vi } from 'vitest';
import { admissionOf, blockOf, currentAdmission } from '../../../lib/relay/health/admission.ts';
import { type Health, UNKNOWN_HEALTH } from '../../../lib/relay/health/health.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay } from '../a-relay.ts';
import { FAILING, NOON, PROVEN, seconds } from '../attempts.ts';

const ERP = anEndpointId('erp');

describe('the block of an endpoint', () => {
  it.each([
    ['enabled', 'ok', undefined],
    ['enabled', 'failing', 'failing'],
    ['enabled', 'disabled', 'disabled'],
    ['paused', 'ok', 'paused'],
    ['paused', 'failing', 'paused'],
    ['paused', 'disabled', 'disabled'],
    ['disabled', 'ok', 'disabled'],
    ['disabled', 'failing', 'disabled'],
  ] as const)('is by its state `%s` and its health `%s`: %s', (state, health, expected) => {
    expect(blockOf({ state }, { ...UNKNOWN_HEALTH, state: health })).toBe(expected);
  });

  it('is by its state alone when it has no health yet', () => {
    expect(blockOf({ state: 'enabled' })).toBeUndefined();
    expect(blockOf({ state: 'paused' })).toBe('paused');
  });
});

describe('the admission of an endpoint', () => {
  /** The admission of an endpoint with these attributes. */
  async function admission(attributes: Record<string, unknown>, health: Health) {
    const relay = aRelay();
    relay.newEndpoint('erp', attributes);
    const [endpoint] = (await relay.config.endpoints()).valid;
    return endpoint && admissionOf(endpoint, health, NOON, 0);
  }

  it('allows fan-out to send inline only when it is proven and has no rate limit', async () => {
    expect(await admission({}, PROVEN)).toEqual({ kind: 'send', inline: true });
    expect(await admission({}, UNKNOWN_HEALTH)).toEqual({ kind: 'send', inline: false });
    expect(await admission({ rateLimitPerSecond: 5 }, PROVEN)).toEqual({ kind: 'send', inline: false });
  });

  it.each([
    ['parks', 1, 'park'],
    ['probes', 0, 'probe'],
  ])('%s deliveries of a failing endpoint whose next probe is due in %i s', async (_, due, kind) => {
    expect(await admission({}, { ...FAILING, retryAt: seconds(due) })).toEqual({
      kind,
      reason: 'endpoint-failing',
    });
  });
});

/** A relay whose config was read, and its rows a moment later. */
async function cached(attributes: Record<string, unknown> | undefined) {
  const relay = aRelay();
  relay.endpoint('aaa', { timeoutSeconds: 'ten' });
  relay.endpoint('zzz');
  if (attributes !== undefined) relay.endpoint('erp', attributes);
  await relay.config.endpoints();
  relay.clock.advance(1_000);
  return { relay, read: vi.spyOn(relay.configTable, 'rows') };
}

describe('the current admission of an endpoint', () => {
  it('costs no read when it may be sent to', async () => {
    const { relay, read } = await cached({});

    expect(await currentAdmission(relay, ERP)).toMatchObject({
      kind: 'send',
      inline: true,
      endpoint: { id: 'erp' },
    });
    expect(read).not.toHaveBeenCalled();
  });

  it.each([
    ['is removed', undefined, { kind: 'removed' }],
    ['has an invalid row', { timeoutSeconds: 'ten' }, { kind: 'invalid' }],
    ['is paused', { state: 'paused' }, { kind: 'park', reason: 'endpoint-paused' }],
    ['is disabled', { state: 'disabled' }, { kind: 'cancel', reason: 'endpoint-disabled' }],
  ])('is by the rows as they are now when it %s', async (_, attributes, expected) => {
    const { relay, read } = await cached(attributes);

    expect(await currentAdmission(relay, ERP)).toMatchObject(expected);
    expect(read).toHaveBeenCalled();

    relay.endpoint('erp');
    relay.clock.advance(1_000);
    expect(await currentAdmission(relay, ERP)).toMatchObject({ kind: 'send' });
  });

  it.each([
    ['cancels by rows that are a minute old', undefined, 60_000, 'removed'],
    ['cancels nothing by older rows', undefined, 60_001, 'invalid'],
    ['cancels nothing by older rows of a disabled endpoint', { state: 'disabled' }, 60_001, 'invalid'],
    ['parks by older rows', { state: 'paused' }, 60_001, 'park'],
  ])('%s while the config cannot be read', async (_, attributes, ageMs, kind) => {
    const { relay, read } = await cached(attributes);
    read.mockRejectedValue(new StoreError('throttled'));
    relay.clock.advance(ageMs - 1_000);

    expect((await currentAdmission(relay, ERP)).kind).toBe(kind);
  });
});
