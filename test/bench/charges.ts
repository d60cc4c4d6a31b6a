/** Estimates AWS's charges for an event's calls, with the billed units. */
import type { TableDefinition } from '../../lib/emulator/template/table.ts';
import type { Call } from './call-recorder.ts';
import { indexWritesOf } from './index-writes.ts';
import { PRICES } from './prices.ts';

const WRITES = new Set(['PutItem', 'UpdateItem']);

interface Charge {
  readonly what: string;
  /** The calls behind the units: `Query 3 + GetItem 1`. */
  readonly of: string;
  readonly units: number;
  readonly usdPerMillionUnits: number;
}

export interface Charges {
  readonly charges: readonly Charge[];
  readonly usdPerMillionEvents: number;
}

/** @param table the one that the calls write to */
export function chargesOf(calls: readonly Call[], { indexes }: TableDefinition): Charges {
  const sqs = calls.filter(({ service }) => service === 'SQS');
  const writes = calls.filter(({ service, command }) => service === 'DynamoDB' && WRITES.has(command));
  const reads = calls.filter(({ service, command }) => service === 'DynamoDB' && !WRITES.has(command));
  const onIndexes = writes.map((call) => indexWritesOf(call, indexes));
  const charges = [
    charge('rows written', byCommand(writes, unitsOf), PRICES.dynamoDbWrite.usd),
    charge(
      'index entries',
      [
        ['made', sum(onIndexes, ({ entriesMade }) => entriesMade)],
        ['removed', sum(onIndexes, ({ entriesRemoved }) => entriesRemoved)],
      ],
      PRICES.dynamoDbWrite.usd,
    ),
    charge('reads', byCommand(reads, readUnitsOf), PRICES.dynamoDbRead.usd),
    // A message below 64 KB is one request each time.
    charge(
      'SQS requests',
      byCommand(sqs, () => 1),
      PRICES.sqsFifo.usd,
    ),
  ];
  return { charges, usdPerMillionEvents: sum(charges, (one) => one.units * one.usdPerMillionUnits) };
}

type Part = readonly [name: string, units: number];

function charge(what: string, parts: readonly Part[], usdPerMillionUnits: number): Charge {
  return {
    what,
    of: parts.map(([name, units]) => `${name} ${units}`).join(' + '),
    units: sum(parts, ([, units]) => units),
    usdPerMillionUnits,
  };
}

function byCommand(calls: readonly Call[], units: (call: Call) => number): Part[] {
  const groups = Map.groupBy(calls, ({ command }) => command);
  return [...groups].map(([command, group]) => [command, sum(group, units)]);
}

const unitsOf = ({ units }: Call) => units;

/**
 * DynamoDB bills a consistent read that finds nothing as one unit, and one of an index, which is never consistent, as
 * half a unit; dynalite reports none.
 */
const readUnitsOf = ({ units, input }: Call) => Math.max(units, 'IndexName' in input ? 0.5 : 1);

function sum<Item>(items: readonly Item[], value: (item: Item) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
