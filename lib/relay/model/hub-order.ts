/** Parses the Hub's body. Every field may be missing, and the body may be something else than an order. */
import type { EventRecord } from './event.ts';
import { parseJson, parseJsonWithNumbersAsText } from './exact-json.ts';
import type { Item } from './item-changes.ts';
import * as z from './zod.ts';

/** The maximum size of the item list in an event's record, in bytes of JSON. */
const ITEMS_LIMIT_BYTES = 16 * 1024;
/** The limit of an HTTP API on request line and headers, and so on ids in the address (API Gateway quotas). */
const ORDER_ID_LIMIT_BYTES = 10_240;
/** The nice id: people read and type it. */
const NICE_ID_LIMIT_BYTES = 1_024;

/** Shipments of one item that are read. */
const MOST_SHIPMENTS = 20;
/** More items than these are not compared, to bound the time. */
const MOST_ITEMS = 10_000;

export interface Order {
  readonly orderId?: string;
  readonly niceId?: string;
  readonly noSnapshot?: NonNullable<EventRecord['noSnapshot']>;
  readonly items?: readonly Item[];
  readonly itemsOmitted?: number;
}

const text = z.catch(
  z.optional(
    z.pipe(
      z.string(),
      z.transform((value) => value.toWellFormed()),
    ),
  ),
  undefined,
);
/** People and programs add spaces to ids by mistake. */
const id = z.catch(
  z.optional(
    z.pipe(
      z.string(),
      z.transform((value) => value.toWellFormed().trim()),
    ),
  ),
  undefined,
);
const list = z.catch(z.optional(z.array(z.unknown())), undefined);

const shipmentSchema = z.object({ TrackingNumber: text });
const itemSchema = z.object({
  Sku: text,
  Product: text,
  Status: text,
  TrackingNumber: text,
  Shipments: list,
});

const orderSchema = z.looseObject({
  Id: id,
  NiceId: id,
  Items: list,
});

/** Reads the known fields. A number becomes its digits. Every field may be missing, and the Hub may add new ones. */
export function readOrder(body: Uint8Array): Order {
  const text = decoded(body);
  if (text.trim() === '') return { noSnapshot: 'empty' };
  const json = parseJsonWithNumbersAsText(text);
  if (json === undefined) return { noSnapshot: 'not JSON' };
  const parsed = orderSchema.safeParse(json);
  if (!parsed.success || Object.keys(parsed.data).length === 0) return { noSnapshot: 'not an order' };
  const { Id, NiceId, Items } = parsed.data;
  return {
    ...(fits(Id, ORDER_ID_LIMIT_BYTES) && { orderId: Id }),
    ...(fits(NiceId, NICE_ID_LIMIT_BYTES) && { niceId: NiceId }),
    ...(Items !== undefined && listItems(Items)),
  };
}

/** All items of an order; undefined when the body is no order, or has more than 10,000. */
export function readAllItems(body: Uint8Array): readonly Item[] | undefined {
  const items = orderSchema.safeParse(parseJsonWithNumbersAsText(decoded(body))).data?.Items;
  return items === undefined || items.length > MOST_ITEMS ? undefined : items.map(readItem);
}

/**
 * The order id in the query: the first `orderid` parameter that is not empty, in upper or lower case, without spaces at
 * its ends.
 */
export function orderIdOfQuery(rawQuery: string): string | undefined {
  for (const parameter of rawQuery.split('&')) {
    // Stryker disable next-line StringLiteral,ArrayDeclaration: a parameter without a value has no order id, whatever its name
    const [, name = '', value = ''] = /([^=]*)=(.*)/s.exec(parameter) ?? [];
    const id = percentDecoded(value).toWellFormed().trim();
    if (percentDecoded(name).toLowerCase() === 'orderid' && id !== '') return id;
  }
  return undefined;
}

/** Keeps `+`, because the Hub appends the id without encoding it. Invalid percent-encoding is kept as it is. */
function percentDecoded(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

/** Undefined when the body is not JSON. A number that JavaScript cannot hold becomes its digits. */
export function parseBody(body: Uint8Array): unknown {
  return parseJson(decoded(body));
}

const utf8 = new TextDecoder();

function decoded(body: Uint8Array): string {
  return utf8.decode(body);
}

function fits(value: string | undefined, limitBytes: number): value is string {
  return value !== undefined && value !== '' && Buffer.byteLength(value) <= limitBytes;
}

function listItems(candidates: readonly unknown[]): Pick<Order, 'items' | 'itemsOmitted'> {
  const items: Item[] = [];
  let bytes = 0;
  for (const candidate of candidates) {
    const item = readItem(candidate);
    bytes += Buffer.byteLength(JSON.stringify(item));
    if (bytes > ITEMS_LIMIT_BYTES) return { items, itemsOmitted: candidates.length - items.length };
    items.push(item);
  }
  return { items };
}

function readItem(candidate: unknown): Item {
  const { Sku, Product, Status, TrackingNumber, Shipments } = itemSchema.safeParse(candidate).data ?? {};
  const tracking = trackingOf(TrackingNumber, Shipments);
  return {
    ...(Sku && { sku: Sku }),
    ...(Product && { product: Product }),
    ...(Status && { status: Status }),
    ...(tracking && { trackingNumber: tracking }),
  };
}

/** The item's own tracking number and those of its shipments, without repetitions: `1Z1, 1Z2`. */
// Stryker disable next-line ArrayDeclaration: an element that is no shipment has no tracking number
function trackingOf(own: string | undefined, shipments: readonly unknown[] = []): string {
  const numbers = shipments
    .slice(0, MOST_SHIPMENTS)
    .map((shipment) => shipmentSchema.safeParse(shipment).data?.TrackingNumber);
  // Sorted, because nothing promises that shipments keep their order.
  return [...new Set([own, ...numbers.sort()])].filter(Boolean).join(', ');
}
