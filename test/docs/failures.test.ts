import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { countedWith, type Metric } from '../../lib/contract/metrics.ts';
import { propertiesOf, theTemplate } from '../stack/the-template.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
/** A failure is survived in a `catch`, in a rejected promise that is handled, or in results that may be rejections. */
const SURVIVED = /\bcatch [({]|\.catch\(|Promise\.allSettled\(/g;

const runbook = readFileSync(`${REPOSITORY}docs/runbook.md`, 'utf8');
const [, section = ''] = runbook.split('## What tells of a failure');
const rows = [...section.matchAll(/^\| (`[^|]+`) \| (\d+|any) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, places = '', count = '', survived = '', tells = '']) => ({
    places: named(places),
    /** Undefined for any number: a person sees each failure. */
    count: count === 'any' ? undefined : Number(count),
    survived,
    tells,
  }),
);

function named(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name);
}

/** The number of places in each file. */
const survivals = new Map(
  globSync(['lib/**/*.ts', 'lambdas/**/*.ts'], { cwd: REPOSITORY })
    .map((file): [string, number] => [
      file,
      readFileSync(REPOSITORY + file, 'utf8').match(SURVIVED)?.length ?? 0,
    ])
    .filter(([, count]) => count > 0),
);

/** A place that ends in a slash is a folder. */
function isIn(file: string, place: string): boolean {
  return place.endsWith('/') ? file.startsWith(place) : file === place;
}

describe('the table of what tells of a failure', () => {
  it('has every file that survives failures, once, with the number of places', () => {
    const counted = rows.filter(({ count }) => count !== undefined);
    const inTable = counted.map(({ places, count }) => [places.join(', '), count]);
    const found = counted.map(({ places }) => [
      places.join(', '),
      [...survivals]
        .filter(([file]) => places.some((place) => isIn(file, place)))
        .reduce((sum, [, count]) => sum + count, 0),
    ]);
    const places = rows.flatMap((row) => row.places);
    const missing = [...survivals.keys()].filter((file) => !places.some((place) => isIn(file, place)));

    expect(inTable).toEqual(found);
    expect(missing).toEqual([]);
    expect(new Set(places).size).toBe(places.length);
  });

  it('names alarms that the stack has, and metrics that ring them', () => {
    const template = theTemplate();
    for (const { tells } of rows.filter((row) => row.tells.includes('Alarm`'))) {
      const alarms = named(tells).filter((name) => name.endsWith('Alarm'));
      const metrics = named(tells).filter((name) => !name.endsWith('Alarm')) as Metric[];
      const rung = alarms.map((alarm) => propertiesOf(template, alarm).MetricName);
      for (const metric of metrics)
        expect(countedWith(metric).some((counted) => rung.includes(counted))).toBe(true);
    }
  });

  it('says of the others why they need no alarm, or which row has it', () => {
    const others = rows.filter(({ tells }) => !tells.includes('Alarm`')).map(({ tells }) => tells);

    for (const tells of others) expect(tells).toMatch(/^(none needed: .{5,}|the caller|the attempt|as for )/);
  });
});
