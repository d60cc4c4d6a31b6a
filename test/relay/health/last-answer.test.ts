import { describe, expect, it, vi } from 'vitest';
import { healthAfter, probeTaken, UNKNOWN_HEALTH } from '../../../lib/relay/health/health.ts';
import { anEndpointId } from '../../ports/builders.ts';
import { aRelay, OK, REFUSED, UNAVAILABLE } from '../a-relay.ts';
import {
  answer,
  FAILING,
  healthAfterAll,
  MINUTE,
  NOON,
  noAnswer,
  PROVEN,
  seconds,
  slow,
} from '../attempts.ts';

describe('the last answer of an endpoint', () => {
  const { error: _, ...withoutReason } = noAnswer();

  it.each([
    ['a success', answer(204), '204'],
    ['a refusal', answer(401), '401'],
    ['a failure', answer(503), '503'],
    ['no answer', noAnswer(0, { error: 'timeout after 10 s' }), 'timeout after 10 s'],
    ['no answer, for an unknown reason', withoutReason, 'no answer'],
    ['a 2xx that `success` refuses', answer(299, 0, { accepted: false }), '299, no success'],
    ['a redirect that `success` refuses', answer(300, 0, { accepted: false }), '300'],
    ['a redirect that `success` accepts', answer(302, 0, { accepted: true }), '302'],
  ])('is recorded: %s', (_, made, lastAnswer) => {
    expect(healthAfter(UNKNOWN_HEALTH, made)).toMatchObject({ lastAnswer, lastAnswerAt: NOON });
  });

  it('is not one that fan-out did not wait for, nor an attempt without a request', () => {
    expect(healthAfter(PROVEN, noAnswer(0, { cutShort: true })).lastAnswerAt).toEqual(PROVEN.lastAnswerAt);
    expect(healthAfter(PROVEN, noAnswer(0, { unsent: true }))).toBe(PROVEN);
  });

  it('stays when an earlier answer is recorded after it', () => {
    const health = healthAfterAll(PROVEN, answer(503, 10), answer(200, 5));

    expect(health).toMatchObject({ lastAnswer: '503', lastAnswerAt: seconds(10), lastSuccessAt: seconds(5) });
  });

  it('is the one recorded last, of two requests that started at the same time', () => {
    expect(healthAfterAll(PROVEN, answer(503), answer(200))).toMatchObject({ lastAnswer: '200' });
  });

  it('is recorded when there is none yet, and nothing else changes', () => {
    const { lastAnswer: _, lastAnswerAt: __, lastSuccessAt: ___, ...unanswered } = PROVEN;

    expect(healthAfter(unanswered, answer(200))).toEqual({
      ...unanswered,
      ...{ lastAnswer: '200', lastAnswerAt: NOON, lastSuccessAt: NOON },
    });
  });

  it('outlives the failures that it ends', () => {
    expect(healthAfterAll(FAILING, answer(200, MINUTE))).toMatchObject({
      ...{ state: 'ok', consecutiveFailures: 0 },
      ...{ lastAnswer: '200', lastAnswerAt: seconds(MINUTE), lastSuccessAt: seconds(MINUTE) },
    });
  });
});

describe('the health of an endpoint that answers as before', () => {
  it('changes with a success only when the recorded one is five minutes old', () => {
    expect(healthAfter(PROVEN, answer(200, 298))).toBe(PROVEN);
    expect(healthAfter(PROVEN, answer(204, 298))).toBe(PROVEN);
    expect(healthAfter(PROVEN, answer(200, 299))).toEqual({
      ...PROVEN,
      lastSuccessAt: seconds(299),
      lastAnswerAt: seconds(299),
    });
  });

  it('changes with the same refusal only when the recorded one is five minutes old', () => {
    const tooEarly = healthAfter(PROVEN, answer(425));

    expect(healthAfter(tooEarly, answer(425, 299))).toBe(tooEarly);
    expect(healthAfter(tooEarly, answer(425, 300))).toEqual({ ...tooEarly, lastAnswerAt: seconds(300) });
  });

  it('changes with the first success after another answer', () => {
    const tooEarly = healthAfter(PROVEN, answer(425));

    expect(tooEarly).toMatchObject({ lastAnswer: '425' });
    expect(healthAfter(tooEarly, answer(425, 10))).toBe(tooEarly);
    expect(healthAfter(tooEarly, answer(200, 10))).toMatchObject({ lastAnswer: '200' });
  });

  it('takes the success along when it changes anyway', () => {
    expect(healthAfter(PROVEN, slow(0))).toMatchObject({ lastSuccessAt: NOON });
  });
});

describe('failed probes', () => {
  it('are counted while the endpoint is failing', () => {
    const probed = probeTaken(FAILING, seconds(61)) ?? FAILING;
    const probe = { isProbe: true };

    expect(FAILING).not.toHaveProperty('failedProbes');
    expect(healthAfterAll(probed, noAnswer(61, probe), answer(503, 200, probe)).failedProbes).toBe(2);
  });

  it('do not count requests that were in flight when the circuit opened', () => {
    expect(healthAfter(FAILING, answer(503, 1))).not.toHaveProperty('failedProbes');
  });

  it('are forgotten when the endpoint answers', () => {
    const failed = healthAfter(FAILING, noAnswer(61, { isProbe: true }));

    expect(healthAfter(failed, answer(200, 200, { isProbe: true }))).not.toHaveProperty('failedProbes');
  });

  it('are recorded by deliver', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', UNAVAILABLE);
    for (let order = 1; order <= 5; order++) await relay.accepted({ Id: `${order}` });

    await relay.run(8);

    // After 1, 1, 2 and 4 minutes.
    expect(await relay.healthOf('erp')).toMatchObject({
      state: 'failing',
      failedProbes: 3,
      lastAnswer: '503',
    });
  });
});

describe('the writes of a health row', () => {
  /** Runs fan-out for one event every so many seconds, and counts the writes. */
  async function writesDuring(relay: ReturnType<typeof aRelay>, events: number, everySeconds: number) {
    const write = vi.spyOn(relay.configTable, 'updateHealth').mockClear();
    for (let n = 0; n < events; n++) {
      relay.clock.advance(everySeconds * 1000);
      await relay.accepted({ Id: `${relay.clock.now().getTime()}` });
      await relay.fanOut();
    }
    return write.mock.calls.length;
  }

  it('are one in five minutes while every request is accepted', async () => {
    const relay = aRelay();
    relay.endpoint('erp');

    // 20 minutes of an event every 15 seconds.
    expect(await writesDuring(relay, 80, 15)).toBe(4);
  });

  it('are none within five minutes of a recorded success', async () => {
    const relay = aRelay();
    relay.endpoint('erp');

    expect(await writesDuring(relay, 280, 1)).toBe(0);
  });

  it('are shared by several processes: one that reads the row does not write it again', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    relay.minutes(6);
    expect(await writesDuring(relay, 1, 1)).toBe(1);
    const other = relay.another();
    await other.config.endpoints();
    const write = vi.spyOn(relay.configTable, 'updateHealth').mockClear();

    other.config.healthRecorder.observe(anEndpointId('erp'), answer(200, 0, { at: relay.clock.now() }));
    await other.config.healthRecorder.flush();

    expect(write).not.toHaveBeenCalled();
  });

  it('are one per refused order, and one for the success that ends the refusals', async () => {
    const relay = aRelay();
    relay.endpoint('erp', { ordering: 'none' });
    relay.sender.answers.set('erp', REFUSED);
    // Each delivery row needs the health row, but does not write it again.
    expect(await writesDuring(relay, 30, 1)).toBe(20);

    relay.sender.answers.set('erp', OK);
    expect(await writesDuring(relay, 30, 1)).toBe(1);
    expect(await relay.healthOf('erp')).not.toHaveProperty('refusedOrders');
  });
});
