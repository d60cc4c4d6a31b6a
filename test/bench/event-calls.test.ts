import { describe, expect, it } from 'vitest';
import { useEmbedded } from '../ports/embedded.ts';
import { callsOfOrder, countByCommand, type EventCalls, type Stores } from './event-calls.ts';

describe('an event whose endpoints all answer', () => {
  const embedded = useEmbedded();

  async function emptyStores(): Promise<Stores> {
    const { dynamoDb, sqs, newTable, newQueue } = embedded();
    return {
      dynamoDb,
      sqs,
      configTable: await newTable('ConfigTable'),
      eventLogTable: await newTable('EventLogTable'),
      eventsQueueUrl: await newQueue('EventsQueue'),
      deliveriesQueueUrl: await newQueue('DeliveriesQueue'),
    };
  }

  it('makes the same calls to DynamoDB and SQS for one endpoint as for fifty', async () => {
    const one = await callsOfOrder(await emptyStores(), 1);
    const fifty = await callsOfOrder(await emptyStores(), 50);

    expect([one.first.attempts, one.later.attempts]).toEqual([1, 1]);
    expect([fifty.first.attempts, fifty.later.attempts]).toEqual([50, 50]);
    expect(countsOf(fifty.first)).toEqual(countsOf(one.first));
    expect(countsOf(fifty.later)).toEqual(countsOf(one.later));
  });

  it('costs a few reads, two rows written, one update, and one message sent, received and deleted', async () => {
    const { later } = await callsOfOrder(await emptyStores(), 5);

    expect(countsOf(later)).toEqual({
      ingest: { 'DynamoDB Query': 1, 'DynamoDB PutItem': 2, 'SQS SendMessage': 1 },
      fanOut: {
        'SQS ReceiveMessage': 1,
        'DynamoDB Query': 2,
        'DynamoDB GetItem': 1,
        'DynamoDB UpdateItem': 1,
        'SQS DeleteMessageBatch': 1,
      },
    });
  });

  it("writes an alias and reads the config beside that when it is its order's first, to a new function", async () => {
    const { first, later } = await callsOfOrder(await emptyStores(), 5);

    expect(countByCommand([...first.ingest, ...first.fanOut])).toEqual({
      ...countByCommand([...later.ingest, ...later.fanOut]),
      'DynamoDB Query': 6,
      'DynamoDB PutItem': 3,
    });
  });

  // `endpoints list` shows when an endpoint last accepted a request. That time may be five minutes old, so a busy endpoint
  // costs one write in five minutes: half a cent a month at most.
  it('writes the health of each endpoint once in five minutes, and not with each event', async () => {
    const fiveMinutesAgo = new Date(Date.now() - 5 * 60_000);

    const rested = await callsOfOrder(await emptyStores(), 5, { lastSuccessAt: fiveMinutesAgo });
    const busy = await callsOfOrder(await emptyStores(), 5);

    const written = (calls: EventCalls) => countByCommand(calls.fanOut)['DynamoDB UpdateItem'];
    expect([written(rested.first), written(rested.later)]).toEqual([1 + 5, 1]);
    expect([written(busy.first), written(busy.later)]).toEqual([1, 1]);
  });
});

function countsOf({ ingest, fanOut }: EventCalls) {
  return { ingest: countByCommand(ingest), fanOut: countByCommand(fanOut) };
}
