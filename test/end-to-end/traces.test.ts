import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import { startReceiver } from './a-receiver.ts';
import { useRunningRelay } from './a-running-relay.ts';
import { startXRayDaemon } from './an-xray-daemon.ts';
import type { BuiltStack } from './built-stack.ts';
import { anOrder, sendAccepted } from './the-hub.ts';

const TRACE_ID = '1-5759e988-bd862e3fe1be46a994272793';
const SEGMENT_ID = '53995c3f42cd8ad8';

const templateSchema = z.looseObject({
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Properties: z
        .looseObject({
          Environment: z.looseObject({ Variables: z.record(z.string(), z.unknown()) }).optional(),
        })
        .optional(),
    }),
  ),
});

/** The template of a deployment with traces, with the variables that Lambda sets in an invocation that it records. */
function templateOf({ tracedTemplate }: BuiltStack): object {
  const template = templateSchema.parse(tracedTemplate);
  for (const { Type, Properties } of Object.values(template.Resources))
    if (Type === 'AWS::Lambda::Function')
      Object.assign(Properties?.Environment?.Variables ?? {}, {
        AWS_XRAY_DAEMON_ADDRESS: daemon.address,
        _X_AMZN_TRACE_ID: `Root=${TRACE_ID};Parent=${SEGMENT_ID};Sampled=1;Lineage=1:a87bd80c:0`,
      });
  return template;
}

const daemon = await startXRayDaemon();
afterAll(() => daemon.stop());
const relay = useRunningRelay({ templateOf });

/** Strict: a subsegment contains these attributes, and no others. */
const subsegmentSchema = z.strictObject({
  name: z.literal('event'),
  id: z.string().regex(/^[0-9a-f]{16}$/),
  type: z.literal('subsegment'),
  trace_id: z.literal(TRACE_ID),
  parent_id: z.literal(SEGMENT_ID),
  start_time: z.number(),
  end_time: z.number(),
  annotations: z.strictObject({ eventId: z.string().regex(/^evt_[0-9A-Z]{26}$/) }),
});

function subsegments() {
  return daemon.datagrams.map((datagram) => {
    const [header = '', document = ''] = datagram.split('\n');
    expect(JSON.parse(header)).toEqual({ format: 'json', version: 1 });
    return subsegmentSchema.parse(JSON.parse(document));
  });
}

function tracesOf(eventId: string): number {
  return subsegments().filter(({ annotations }) => annotations.eventId === eventId).length;
}

describe('the traces of a deployment with `tracing`', () => {
  it('contain the id of an event, wherever it was worked on, and nothing else of it', async () => {
    const receiver = await startReceiver();
    onTestFinished(() => receiver.stop());
    const { connection } = relay();
    await addEndpoint(connection, 'erp', { url: `${receiver.url}/orders` });
    const { address } = await addSource(connection, 'hub');

    const first = await sendAccepted(address, { orderId: 'Magic7-501', body: anOrder('Magic7-501') });
    // Ingest, fan-out, and deliver, because the endpoint is not proven yet.
    await expect.poll(() => tracesOf(first)).toBe(3);
    const second = await sendAccepted(address, { orderId: 'Magic7-502', body: anOrder('Magic7-502') });
    await expect.poll(() => tracesOf(second)).toBeGreaterThanOrEqual(2);

    for (const { start_time, end_time } of subsegments()) expect(end_time).toBeGreaterThanOrEqual(start_time);
    expect(daemon.datagrams.join('')).not.toMatch(/Magic7|erp|hub|127\.0\.0\.1|Mug/);
  });
});
