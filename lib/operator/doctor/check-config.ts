/** Checks the rows of the Config table, the hosts of the endpoints, and the dead-letter queues. */
import type { ListedRow } from '../config-rows.ts';
import { type Connection, QUEUE_NAMES } from '../connection.ts';
import type { Diagnostics } from '../diagnostics.ts';
import { healthWordOf } from '../endpoints/endpoint-health.ts';
import { type ListedEndpoint, listEndpoints } from '../endpoints/endpoints.ts';
import { listSources } from '../sources/sources.ts';
import { type Finding, ok, problem, problemsOr } from './finding.ts';

const SOURCES = 'sources';
const ENDPOINTS = 'endpoints';
const DEAD_LETTERS = 'dead letters';

export async function checkSources(connection: Pick<Connection, 'configTable'>): Promise<readonly Finding[]> {
  const rows = await listSources(connection);
  const enabled = rows.filter((row) => 'valid' in row && row.valid.enabled);
  const none =
    rows.length === 0
      ? problem(
          SOURCES,
          'there is none, so nobody can send a webhook',
          '`sources add main` adds one and shows its address.',
        )
      : problem(SOURCES, 'none is enabled, so every webhook is refused', '`sources list` shows them.');
  return problemsOr(
    [...(enabled.length === 0 ? [none] : []), ...invalidRows(rows, SOURCES, 'its address does not work')],
    ok(SOURCES, `${enabled.length} enabled`),
  );
}

export async function checkEndpoints(
  connection: Pick<Connection, 'clock' | 'configTable'>,
  diagnostics: Pick<Diagnostics, 'faultOfUrl'>,
): Promise<readonly Finding[]> {
  const rows = await listEndpoints(connection);
  if (rows.length === 0)
    return [
      problem(
        ENDPOINTS,
        'there is none, so webhooks are stored and sent nowhere',
        '`endpoints add --id erp --url https://erp.example.com/hooks` adds one.',
      ),
    ];
  const found = await Promise.all(rows.map((row) => endpointFindings(row, diagnostics)));
  return problemsOr(
    [...invalidRows(rows, ENDPOINTS, 'its deliveries are parked'), ...found.flat()],
    ok(ENDPOINTS, `${rows.length} valid, and allowed to be sent to`),
  );
}

async function endpointFindings(
  row: ListedEndpoint,
  { faultOfUrl }: Pick<Diagnostics, 'faultOfUrl'>,
): Promise<Finding[]> {
  if (!('valid' in row) || row.valid.state === 'disabled') return [];
  const { id, url } = row.valid;
  const fault = await faultOfUrl(url);
  const health = healthWordOf(row.health);
  return [
    ...(fault === undefined
      ? []
      : [problem(ENDPOINTS, `${id}: ${fault}`, `Correct its URL: \`endpoints show ${id}\` shows it.`)]),
    ...(health === 'failing' || health === 'refusing' || health === 'disabled'
      ? [
          problem(
            ENDPOINTS,
            `${id} is ${health}`,
            `\`endpoints show ${id}\` says since when, and what it answered.`,
          ),
        ]
      : []),
  ];
}

function invalidRows(
  rows: readonly ListedRow<{ readonly id: string }>[],
  check: string,
  consequence: string,
): Finding[] {
  return rows.flatMap((row) =>
    'invalid' in row
      ? [
          problem(
            check,
            `the row ${row.invalid.id} is invalid, so ${consequence}: ${row.invalid.reason}`,
            'Correct it where it was written, or remove it.',
          ),
        ]
      : [],
  );
}

export async function checkDeadLetters(connection: Pick<Connection, 'queues'>): Promise<readonly Finding[]> {
  const { deadLetters } = await connection.queues();
  const counts = await Promise.all(
    QUEUE_NAMES.map(async (queue) => ({ queue, count: await deadLetters[queue].count() })),
  );
  const problems = counts.flatMap(({ queue, count }) =>
    count === 0
      ? []
      : [
          problem(
            DEAD_LETTERS,
            `about ${count} in the queue of ${queue}`,
            `\`dlq list --queue ${queue}\` shows them and the reason.`,
          ),
        ],
  );
  return problemsOr(problems, ok(DEAD_LETTERS, 'none'));
}
