/** Reads the `byEndpoint` index: the keys of delivery rows by endpoint, and of events that fan-out cancelled. */
import { BY_ENDPOINT_INDEX } from '../../contract/tables.ts';
import type { DeliveryKey } from '../../relay/model/delivery.ts';
import type { EventKey } from '../../relay/model/event.ts';
import type { EndpointId } from '../../relay/model/ids.ts';
import { mergeSorted } from '../../relay/model/merge-sorted.ts';
import type { CancelledList, EventRange } from '../../relay/ports/operator.ts';
import type { DynamoTable } from './dynamo-table.ts';
import { type ParsedKey, parseRowKey, partitionsOf } from './event-log-keys.ts';
import { eventIdCondition, isEarlier, isLater } from './event-range.ts';

export class ByEndpointIndex {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async *deliveriesOf(
    endpointId: EndpointId,
    range: EventRange,
  ): AsyncGenerator<DeliveryKey, void, undefined> {
    for await (const key of this.#list(endpointId, range)) if (key.kind === 'delivery') yield key;
  }

  cancelledEvents(
    lists: readonly CancelledList[],
    range: EventRange,
  ): AsyncGenerator<EventKey, void, undefined> {
    return mergeSorted(
      lists.flatMap(partitionsOf).map((partition) => this.#list(partition, range)),
      range.oldestFirst ? isEarlier : isLater,
    );
  }

  async *#list(partition: string, range: EventRange): AsyncGenerator<ParsedKey, void, undefined> {
    const ids = eventIdCondition(range);
    if (ids === undefined) return;
    const query = {
      IndexName: BY_ENDPOINT_INDEX.name,
      KeyConditionExpression: `listedFor = :partition AND ${ids.expression}`,
      ExpressionAttributeValues: { ':partition': partition, ...ids.values },
      ScanIndexForward: range.oldestFirst ?? false,
    };
    for await (const rows of this.#table.pages('listing deliveries by endpoint', query, [range.pageSize])) {
      for (const row of rows) {
        const key = parseRowKey(row.orderKey, row.sk);
        if (key !== undefined) yield key;
      }
    }
  }
}
