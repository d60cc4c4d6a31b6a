/** The bench's figures as text. */
import { availableParallelism } from 'node:os';
import { type Bar, type Comparison, median, ratioOf } from './bars.ts';
import type { Figures, Percentiles } from './load.ts';
import type { MemoryFigures } from './memory.ts';

const WIDTHS = [26, 12, 15, 16, 18, 10];

export function comparisonText(comparisons: readonly Comparison[]): string {
  return [
    row(['', 'events/s', 'CPU/event', 'answer p50/p99', 'end to end p50/p99', 'repeated']),
    ...comparisons.flatMap((comparison) => [
      comparison.load,
      row(['  relay', ...cells(comparison, 'relay')]),
      row(['  bare reference', ...cells(comparison, 'bare')]),
      row([
        '  ratio',
        ratio(comparison, ({ eventsPerSecond }) => eventsPerSecond),
        ratio(comparison, ({ cpuMsPerEvent }) => cpuMsPerEvent),
        ratios(comparison, ({ ackMs }) => ackMs),
        ratios(comparison, ({ endToEndMs }) => endToEndMs),
      ]),
    ]),
  ].join('\n');
}

export function memoryText({ events, idleMb, residentMb }: MemoryFigures): string {
  const steps = residentMb.map((megabytes) => megabytes.toFixed(0)).join(', ');
  return [
    `Resident memory of the relay: ${idleMb.toFixed(0)} MB when idle.`,
    `After each tenth of ${events.toLocaleString('en-US')} events, in MB: ${steps}.`,
  ].join('\n');
}

export function barsText(bars: readonly Bar[]): string {
  return bars
    .map(({ name, value, limit, unit, isFloor, isMet }) => {
      const sign = isFloor ? 'at least' : 'at most';
      return `  ${isMet ? 'met   ' : 'MISSED'}  ${name}: ${number(value)} ${unit} (${sign} ${limit} ${unit})`;
    })
    .join('\n');
}

export function headline(endpoints: readonly number[], rounds: number): string {
  return [
    `Medians of ${rounds} rounds on ${availableParallelism()} cores, which also generate the load and receive.`,
    `Webhooks of about 2.4 KB to ${endpoints.join(' and ')} endpoints; the relay signs each delivery, the reference does not.`,
  ].join('\n');
}

function cells({ rounds }: Comparison, program: 'relay' | 'bare'): string[] {
  const of = (figure: (figures: Figures) => number) => median(rounds.map((round) => figure(round[program])));
  return [
    of(({ eventsPerSecond }) => eventsPerSecond).toFixed(0),
    `${of(({ cpuMsPerEvent }) => cpuMsPerEvent).toFixed(2)} ms`,
    `${of(({ ackMs }) => ackMs.p50).toFixed(1)} / ${of(({ ackMs }) => ackMs.p99).toFixed(1)} ms`,
    `${of(({ endToEndMs }) => endToEndMs.p50).toFixed(1)} / ${of(({ endToEndMs }) => endToEndMs.p99).toFixed(1)} ms`,
    String(rounds.reduce((sum, round) => sum + round[program].repeated, 0)),
  ];
}

function ratio(comparison: Comparison, figure: (figures: Figures) => number): string {
  return number(ratioOf(comparison, figure));
}

function ratios(comparison: Comparison, times: (figures: Figures) => Percentiles): string {
  return `${ratio(comparison, (figures) => times(figures).p50)} / ${ratio(comparison, (figures) => times(figures).p99)}`;
}

function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function row(texts: readonly string[]): string {
  return texts
    .map((text, index) =>
      index === 0 ? text.padEnd(WIDTHS[0] ?? 0) : `  ${text.padStart(WIDTHS[index] ?? 0)}`,
    )
    .join('')
    .trimEnd();
}
