/** The terminal output of the demo. */

import Table from 'cli-table3';
import { bold, cyan, dim, green, red } from 'yoctocolors';
import type { Order } from '../operator/orders/orders.ts';
import { outcomeText } from '../relay/model/outcome.ts';
import type { Arrival, Receiver } from './receiver.ts';
import type { Accepted } from './verdict.ts';

export class Screen {
  readonly #print: (line: string) => void;
  #accepted: readonly Accepted[] = [];

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  say(line: string): void {
    this.#print(`\n  ${line}`);
  }

  setup(address: string, receivers: readonly Receiver[], ordering: 'none'): void {
    this.#print('');
    this.#print(`  ${bold('Webhook address')}  ${cyan(shortened(address))}`);
    for (const { id, behaviour } of receivers) {
      this.#print(`  ${bold('Endpoint'.padEnd(15))}  ${id.padEnd(10)} ${dim(behaviour)}`);
    }
    this.#print(
      `  ${bold('Ordering'.padEnd(15))}  ${ordering.padEnd(10)} ${dim('every webhook at once: a retry can arrive after a newer webhook')}`,
    );
    this.#print('');
  }

  /** Of what has been accepted so far, the last one is new. */
  accepted(accepted: readonly Accepted[], total: number): void {
    this.#accepted = accepted;
    const webhook = accepted.at(-1);
    if (webhook === undefined) return;
    const number = `${accepted.length}/${total}`.padStart(5);
    const took = dim(`accepted in ${webhook.durationMs} ms`);
    this.#print(
      `  ${time(webhook.acceptedAtMs)} ${cyan('→')} webhook ${number}  ${webhook.statuses.join(', ')}  ${took}`,
    );
  }

  /** Of what has arrived so far, the last one is new. */
  arrival(arrival: Arrival, arrivals: readonly Arrival[]): void {
    const number = this.#accepted.findIndex(({ eventId }) => eventId === arrival.eventId) + 1;
    const attempt = arrivals.filter((other) => isSameDelivery(other, arrival)).length;
    const succeeded = arrival.status === 200;
    const mark = succeeded ? green('✔') : red('✘');
    // The relay may be faster than the answer to the Hub: then there is no moment to count from yet.
    const acceptedAtMs = this.#accepted[number - 1]?.acceptedAtMs ?? arrival.answeredAtMs;
    const after = dim(`${Math.max(0, arrival.answeredAtMs - acceptedAtMs)} ms after it was accepted`);
    const parts = [
      `  ${time(arrival.answeredAtMs)} ${mark} ${arrival.endpointId.padEnd(10)}`,
      number === 0 ? 'the newest' : `webhook ${String(number).padStart(2)}`,
      `attempt ${attempt}`,
      succeeded ? green(String(arrival.status)) : red(String(arrival.status)),
      after,
    ];
    this.#print(parts.join('  '));
  }

  summary(accepted: readonly Accepted[], receivers: readonly Receiver[], arrivals: readonly Arrival[]): void {
    const table = new Table({
      head: ['endpoint', 'webhooks', 'attempts', 'median', 'slowest'],
      style: { head: ['bold'] },
    });
    for (const { id } of receivers) {
      const attempts = arrivals.filter(({ endpointId }) => endpointId === id);
      const latencies = accepted
        .flatMap(({ eventId, acceptedAtMs }) => {
          const taken = attempts.find((arrival) => arrival.eventId === eventId && arrival.status === 200);
          return taken === undefined ? [] : [Math.max(0, taken.answeredAtMs - acceptedAtMs)];
        })
        .sort((a, b) => a - b);
      table.push([
        id,
        `${latencies.length} of ${accepted.length}`,
        attempts.length,
        milliseconds(latencies[Math.floor(latencies.length / 2)]),
        milliseconds(latencies.at(-1)),
      ]);
    }
    this.#print(`\n${indented(table.toString())}`);
  }

  /** The last line of the relay's own account of the order. */
  order({ events }: Order): void {
    const outcomes = Object.entries(events.at(-1)?.outcomes ?? {}).map(
      ([id, outcome]) => `${id} ${dim(outcomeText(outcome))}`,
    );
    this.#print(`\n  The event log of the last webhook says: ${outcomes.join(', ')}`);
  }
}

function isSameDelivery(a: Arrival, b: Arrival): boolean {
  return a.endpointId === b.endpointId && a.eventId === b.eventId;
}

/** A token need not be read. */
function shortened(address: string): string {
  return address.replace(/(\/webhooks\/.{6})[^?]*/, '$1…');
}

function time(epochMs: number): string {
  return dim(new Date(epochMs).toISOString().slice(11, 23));
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '–' : `${value} ms`;
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ');
}
