/** Endpoints as text and as JSON. */
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import type { Health } from '../../relay/health/health.ts';
import type { BoundedCount, DeliveryCounts } from '../deliveries/delivery-counts.ts';
import { describeHealth } from '../endpoints/endpoint-health.ts';
import type { ListedEndpoint } from '../endpoints/endpoints.ts';
import type { MaskedEndpoint } from '../endpoints/masked-endpoint.ts';
import { countsText, countText } from './count-text.ts';
import { healthDetail, healthWord, lastAnswerRows } from './health-text.ts';
import { invalidRowsText } from './invalid-rows.ts';
import type { Colours, Screen } from './output.ts';
import { indent, shortened, table } from './table.ts';
import { timeText, writtenTimeText } from './times.ts';
import { tlsRows } from './tls-options.ts';

/** `--json` shows the whole expression. */
const EXPRESSION_LENGTH = 120;
const ANSWER_LENGTH = 40;
const LIST_COLUMNS = [
  ...['endpoint', 'state', 'health', 'waiting', 'dead'],
  { title: 'cancelled', leaveOut: 3 },
  { title: 'last success (±5 min)', leaveOut: 4 },
  { title: 'last answer', cutTo: 12, leaveOut: 2 },
  { title: 'ordering', leaveOut: 5 },
  { title: 'url', cutTo: 20, leaveOut: 1 },
];
const CONSEQUENCE = 'the endpoint’s deliveries are parked';

/** An endpoint, and how many deliveries it has when a command has counted them. */
export type CountedEndpoint = ListedEndpoint & { readonly deliveries?: DeliveryCounts };

/** The row with its health and its deliveries' counts. */
export function endpointJson(listed: CountedEndpoint): object {
  const { health, deliveries } = listed;
  const row = 'valid' in listed ? listed.valid : { id: listed.invalid.id, invalid: listed.invalid.reason };
  return {
    ...row,
    ...(health !== undefined && { health: describeHealth(health) }),
    ...(deliveries !== undefined && { deliveries }),
  };
}

export function endpointListText(rows: readonly CountedEndpoint[], colours: Screen): string {
  if (rows.length === 0) {
    return 'No endpoints yet. `endpoints add --id erp --url https://erp.example.com/hooks` adds one.';
  }
  const cells = rows.flatMap((row) => {
    if (!('valid' in row)) return [];
    const { id, state, ordering, url } = row.valid;
    return [
      [
        ...[colours.bold(id), stateText(state, colours), healthWord(row.health, colours)],
        ...countCells(row.deliveries, colours),
        ...lastAnswerCells(row.health),
        ...[ordering, url],
      ],
    ];
  });
  return [
    ...(cells.length > 0 ? [table(cells, LIST_COLUMNS, colours.columns)] : []),
    ...healthNotes(rows, colours),
    ...invalidRowsText(rows, CONSEQUENCE, colours),
  ].join('\n');
}

function countCells(deliveries: DeliveryCounts | undefined, { red, yellow }: Colours): string[] {
  if (deliveries === undefined) return ['–', '–', '–'];
  const { pending, dead, cancelled } = deliveries;
  const coloured = (count: BoundedCount, colour: (text: string) => string) =>
    count.count === 0 ? countText(count) : colour(countText(count));
  return [coloured(pending, yellow), coloured(dead, red), coloured(cancelled, red)];
}

function lastAnswerCells(health: Health | undefined): string[] {
  const { lastSuccessAt, lastAnswer } = health === undefined ? {} : describeHealth(health);
  return [
    lastSuccessAt === undefined ? '–' : timeText(lastSuccessAt),
    lastAnswer === undefined ? '–' : shortened(lastAnswer.answer, ANSWER_LENGTH),
  ];
}

/** Explains health states other than ok. */
function healthNotes(rows: readonly ListedEndpoint[], { bold }: Colours): string[] {
  const notes = rows.flatMap((row) => {
    if (!('valid' in row)) return [];
    const detail = healthDetail(row.valid, row.health);
    return detail === undefined ? [] : [[bold(row.valid.id), detail]];
  });
  return notes.length === 0 ? [] : ['', table(notes)];
}

/**
 * Every attribute by the name of its option.
 *
 * @param result the result of a command: `is added.`
 */
export function endpointText(listed: CountedEndpoint, colours: Colours, result = ''): string {
  if ('invalid' in listed) return invalidRowsText([listed], CONSEQUENCE, colours).join('\n');
  const { health, deliveries, valid: endpoint } = listed;
  // A command that changes the row does not read the health.
  const isHealthKnown = result === '';
  const rows = [
    ['url', endpoint.url],
    ...(endpoint.orderId === 'append' ? [] : [['order-id', endpoint.orderId]]),
    ['state', stateText(endpoint.state, colours)],
    ['sources', endpoint.sources === undefined ? 'all' : endpoint.sources.join(', ') || 'none'],
    ['ordering', endpoint.ordering],
    ['timeout-seconds', String(endpoint.timeoutSeconds)],
    ['max-attempts', String(endpoint.maxAttempts)],
    ...(endpoint.rateLimitPerSecond === undefined
      ? []
      : [['rate-limit-per-second', String(endpoint.rateLimitPerSecond)]]),
    ...(endpoint.debounceSeconds === undefined
      ? []
      : [['debounce-seconds', String(endpoint.debounceSeconds)]]),
    ...(endpoint.skipUnchanged ? [['skip-unchanged', 'yes']] : []),
    ...(endpoint.notices ? [['notices', 'yes']] : []),
    ...outgoingRows(endpoint),
    ...tlsRows(endpoint),
    ...expressionRow('filter', endpoint.filter),
    ...expressionRow('transform', endpoint.transform),
    ...expressionRow('success', endpoint.success),
    ...(endpoint.contentType === undefined ? [] : [['content-type', endpoint.contentType]]),
    ...(endpoint.description === undefined ? [] : [['description', endpoint.description]]),
    ...(isHealthKnown
      ? [['health', [healthWord(health, colours), healthDetail(endpoint, health)].filter(Boolean).join(': ')]]
      : []),
    ...(isHealthKnown && health !== undefined ? lastAnswerRows(health) : []),
    ...(deliveries === undefined
      ? []
      : [['deliveries', countsText(deliveries) ?? 'none waits or needs attention']]),
    ['added', writtenTimeText(endpoint.createdAt)],
    ...(endpoint.updatedAt === endpoint.createdAt ? [] : [['changed', writtenTimeText(endpoint.updatedAt)]]),
  ];
  return [
    colours.bold(`Endpoint ${endpoint.id} ${result}`.trimEnd()),
    indent(table(rows.map(([name = '', value = '']) => [colours.dim(name), value]))),
  ].join('\n');
}

/** Headers, auth and signing secrets, masked. */
function outgoingRows({
  headers = {},
  auth,
  signingSecret,
  previousSigningSecrets = [],
}: MaskedEndpoint): string[][] {
  const { type, ...parts } = auth ?? { type: undefined };
  return [
    ...Object.entries(headers).map(([name, value]) => ['header', `${name}: ${value}`]),
    ...(type === undefined ? [] : [['auth', type]]),
    ...Object.entries(parts).flatMap(authRows),
    ...(signingSecret === undefined ? [] : [['signing-secret', signingSecret]]),
    ...previousSigningSecrets
      .filter(({ until }) => until > new Date())
      .map(({ secret, until }) => ['previous secret', `${secret} (until ${timeText(until)})`]),
  ];
}

function authRows([name, value]: [string, unknown]): string[][] {
  if (typeof value !== 'object' || value === null) return [[optionOf(`auth-${name}`), String(value)]];
  return Object.entries(value).map(([parameter, text]) => ['auth-parameter', `${parameter}=${text}`]);
}

function optionOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** The start of the expression, on one line. */
function expressionRow(name: string, expression: string | undefined): string[][] {
  if (expression === undefined) return [];
  // Output.show has replaced line ends by codes.
  return [[name, shortened(expression.replaceAll('\\u000a', ' ').replace(/\s+/g, ' '), EXPRESSION_LENGTH)]];
}

function stateText(state: Endpoint['state'], { green, yellow, dim }: Colours): string {
  switch (state) {
    case 'enabled':
      return green(state);
    case 'paused':
      return yellow(state);
    case 'disabled':
      return dim(state);
  }
}
