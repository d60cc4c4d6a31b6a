/** Random calls of the ConfigTable port. Few endpoints and few values, so that they collide. */
import fc from 'fast-check';
import type { ConfigKind, ConfigRow, RowAttributes } from '../../lib/relay/ports/config-table.ts';
import { anEndpointId } from './builders.ts';
import { type Call, plainCall, spelled } from './call-sequences.ts';
import type { ConfigTableSubject } from './config-table.conformance.ts';

const ENDPOINTS = ['erp', 'crm', 'ünï code'].map(anEndpointId);
const KINDS: readonly ConfigKind[] = ['endpoint', 'source', 'health'];
const MOMENT = new Date('2026-03-01T12:00:00.000Z');
const NAMES = ['version', 'state', 'retryAt', 'lockId'];
const VALUES = [1, 2, 'failing', '', MOMENT];

const endpointIds = fc.constantFrom(...ENDPOINTS);
const attributes = (...extra: (null | undefined)[]): fc.Arbitrary<RowAttributes> =>
  fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom<RowAttributes[string]>(...VALUES, ...extra), {
    minKeys: 1,
    maxKeys: 3,
    noNullPrototype: true,
  });

/** An attribute of undefined is absent: one that must not be there, in a condition; one that stays, in a change. */
const conditions = fc.oneof(
  fc.constant('as read' as const),
  fc.constant<RowAttributes>({ version: undefined }),
  attributes(undefined, null),
);
/** At least one attribute is set or removed: DynamoDB refuses an empty change. */
const changes = attributes(null, undefined).filter((change) =>
  Object.values(change).some((value) => value !== undefined),
);

export const configTableCalls: fc.Arbitrary<Call<ConfigTableSubject>> = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...KINDS).chain((kind) => fc.boolean().map((c) => rows(kind, c))) },
  { weight: 2, arbitrary: endpointIds.map(healthRow) },
  {
    weight: 6,
    arbitrary: fc
      .tuple(endpointIds, conditions, changes)
      .map(([id, only, change]) =>
        conditional(
          `updateHealth(${id}, ${spelledCondition(only)}, ${spelledChange(change)})`,
          id,
          only,
          (table, read) => table.updateHealth(id, read, change),
        ),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(endpointIds, conditions)
      .map(([id, only]) =>
        conditional(`removeHealth(${id}, ${spelledCondition(only)})`, id, only, (table, read) =>
          table.removeHealth(id, read),
        ),
      ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...KINDS), endpointIds, handWritten())
      .map(([kind, id, row]) =>
        plainCall(`a person writes ${kind} ${id}: ${spelled(row)}`, ({ put }: ConfigTableSubject) =>
          put(kind, id, row),
        ),
      ),
  },
);

export const configTableFinalReads: readonly Call<ConfigTableSubject>[] = [
  ...KINDS.map((kind) => rows(kind, true)),
  ...ENDPOINTS.map(healthRow),
];

function rows(kind: ConfigKind, consistent: boolean): Call<ConfigTableSubject> {
  return plainCall(`rows(${kind}, consistent: ${consistent})`, async ({ table }) =>
    sorted(await table.rows(kind, { consistent })),
  );
}

function healthRow(id: (typeof ENDPOINTS)[number]): Call<ConfigTableSubject> {
  return plainCall(`healthRow(${id})`, ({ table }) => table.healthRow(id));
}

function conditional(
  text: string,
  id: (typeof ENDPOINTS)[number],
  only: RowAttributes | 'as read',
  run: (table: ConfigTableSubject['table'], only: RowAttributes) => Promise<boolean>,
): Call<ConfigTableSubject> {
  return {
    text,
    async prepare({ table }) {
      const read = only === 'as read' ? asRead(await table.healthRow(id)) : only;
      return (subject) => run(subject.table, read);
    },
  };
}

/** Every attribute that a function writes, and the absence of the others. */
function asRead(row: ConfigRow | undefined): RowAttributes {
  const found = row?.attributes ?? {};
  return Object.fromEntries(
    NAMES.map((name) => {
      const value = found[name];
      return [
        name,
        typeof value === 'string' || typeof value === 'number' || value === null ? value : undefined,
      ];
    }),
  );
}

/** People write any type into a row. */
function handWritten() {
  return fc.dictionary(
    fc.constantFrom(...NAMES, 'called them'),
    fc.constantFrom(1, 'failing', null, true, ['a'], { a: 1 }),
    {
      maxKeys: 3,
      noNullPrototype: true,
    },
  );
}

/** The port promises no order of rows. */
const sorted = (found: readonly ConfigRow[]) => found.toSorted((a, b) => (a.id < b.id ? -1 : 1));

const spelledCondition = (only: RowAttributes | 'as read') =>
  only === 'as read' ? only : spelledChange(only);

/** {@link spelled} leaves out undefined attributes; here they matter. */
const spelledChange = (given: RowAttributes) =>
  `{ ${Object.entries(given)
    .map(([name, value]) => `${name}: ${spelled(value)}`)
    .join(', ')} }`;
