/** Events as a table, and one event as text and as JSON. */

import { plainBody } from '../../relay/model/content-encoding.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import { isRelayEvent } from '../../relay/model/ids.ts';
import type { EventDetail, PayloadDetail } from '../events/events.ts';
import {
  changeRows,
  changesNotes,
  changesText,
  noSnapshotText,
  orderText,
  outcomesText,
  relayEventText,
  statusesText,
} from './event-text.ts';
import { endpointColumn, outcomeLines } from './outcome-text.ts';
import { type Colours, type Screen, verbatim } from './output.ts';
import { indent, shortened, table } from './table.ts';
import { durationText, timeText } from './times.ts';

const ITEMS_LENGTH = 400;
const LIST_COLUMNS = [
  ...['received', 'order'],
  { title: 'changes', leaveOut: 2, cutTo: 12 },
  { title: 'outcomes', leaveOut: 1, cutTo: 12 },
  'event',
];

export function eventListText(events: readonly EventRecord[], colours: Screen): string {
  if (events.length === 0) return 'No events.';
  const rows = events.map((event) => [
    timeText(event.receivedAt),
    orderText(event),
    changesText(event, colours),
    outcomesText(event, colours),
    colours.dim(event.eventId),
  ]);
  return table(rows, LIST_COLUMNS, colours.columns);
}

export function eventText(event: EventDetail, colours: Colours): string {
  const { bold, dim } = colours;
  const facts = [
    ...(isRelayEvent(event.orderKey) ? [['kind', relayEventText(event)]] : []),
    ['order', [event.niceId, event.orderId].filter(Boolean).join('  ') || 'none'],
    ['source', event.source],
    ['received', timeText(event.receivedAt)],
    ['fanned out', fannedOutText(event, colours)],
    ['items', itemsText(event)],
    ['payload', payloadText(event)],
  ];
  const changes = [table(changeRows(event)), ...changesNotes(event)].filter(Boolean).join('\n');
  const outcomes = outcomeLines(event, colours, endpointColumn(event));
  return [
    bold(`Event ${event.eventId}`),
    indent(table(facts.map(([name = '', value = '']) => [dim(name), value]))),
    ...(changes === '' ? [] : ['', bold('Changes'), indent(changes)]),
    ...(outcomes.length === 0 ? [] : ['', bold('Endpoints'), indent(outcomes.join('\n'))]),
    ...bodyLines(event.payload, colours),
  ].join('\n');
}

function fannedOutText(event: EventRecord, { yellow, red }: Colours): string {
  const { eventId, receivedAt, fannedOutAt, fanOutAttempts = 0, quarantinedUntil, abandonedAt } = event;
  if (fannedOutAt === undefined && abandonedAt !== undefined)
    return red(`no, ${fanOutAttempts} attempts failed: \`deliveries retry ${eventId} --state abandoned\``);
  if (fannedOutAt === undefined && quarantinedUntil !== undefined)
    return yellow(
      `not yet: ${fanOutAttempts} attempts failed, quarantined until ${timeText(quarantinedUntil)}`,
    );
  if (fannedOutAt === undefined) return yellow('not yet');
  return `${durationText(fannedOutAt.getTime() - receivedAt.getTime())} later`;
}

function itemsText({ noSnapshot, items, itemsOmitted }: EventRecord): string {
  if (noSnapshot !== undefined) return `none: ${noSnapshotText(noSnapshot)}`;
  if (items === undefined) return 'none';
  return (
    shortened(statusesText(items), ITEMS_LENGTH) +
    (itemsOmitted === undefined ? '' : `, and ${itemsOmitted} more`)
  );
}

function payloadText({ payload, forgottenAt }: EventDetail): string {
  if (payload === undefined)
    return forgottenAt === undefined ? 'has expired or was erased' : `was erased ${timeText(forgottenAt)}`;
  const { contentType = 'no content type', contentEncoding, bytes, sha256 } = payload;
  const type = [contentType, contentEncoding].filter(Boolean).join(', ');
  return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}, ${type}, sha256 ${sha256}`;
}

function bodyLines(payload: PayloadDetail | undefined, { bold, dim }: Colours): string[] {
  if (payload?.body === undefined) return [];
  const { body, contentEncoding } = payload;
  const text = textOf(contentEncoding === undefined ? body : plainBody({ body, contentEncoding }));
  const shown = text === undefined ? dim('The body is not text. --json shows it in base64.') : verbatim(text);
  return ['', bold('Body'), shown];
}

/** A text body is in `body`, any other in `bodyBase64`. */
export function eventJson({ payload, ...event }: EventDetail): object {
  if (payload === undefined) return event;
  const { body, ...facts } = payload;
  if (body === undefined) return { ...event, payload: facts };
  const text = textOf(body);
  const content = text === undefined ? { bodyBase64: Buffer.from(body).toString('base64') } : { body: text };
  return { ...event, payload: { ...facts, ...content } };
}

/** Undefined for bytes that are not UTF-8. Keeps a byte order mark, so the text is exact. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
