/** The terminal output of the demo. */

import Table from 'cli-table3';
import { bold, cyan, dim, green, red } from 'yoctocolors';
import { type Outcome, outcomeText } from '../relay/model/outcome.ts';
import type { Arrival, Receiver } from './receiver.ts';
import { type Accepted, numberOf, type StateOf } from './verdict.ts';

export interface Result {
  readonly accepted: readonly Accepted[];
  readonly receivers: readonly Receiver[];
  readonly arrivals: readonly Arrival[];
  readonly stateOf: StateOf;
}

export class Screen {
  readonly #print: (line: string) => void;
  #accepted: readonly Accepted[] = [];

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  say(line: string): void {
    this.#print(`\n  ${line}`);
  }

  setup(address: string, receivers: readonly Receiver[]): void {
    this.#print('');
    this.#print(`  ${bold('Webhook address')}  ${cyan(shortened(address))}`);
    for (const { id, ordering, behaviour } of receivers) {
      const wants = ordering === 'strict' ? 'strict: every webhook, in order' : 'latest: the newest webhook';
      this.#print(`  ${bold('Endpoint'.padEnd(15))}  ${id.padEnd(10)} ${wants.padEnd(32)} ${dim(behaviour)}`);
    }
    this.#print('');
  }

  /** Shows the last of the webhooks that were accepted so far. */
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

  /** Shows an arrival; `arrivals` contains all so far. */
  arrival(arrival: Arrival, arrivals: readonly Arrival[]): void {
    const number = numberOf(arrival.eventId, this.#accepted);
    const attempt = arrivals.filter((other) => isSameDelivery(other, arrival)).length;
    const succeeded = arrival.status === 200;
    const mark = succeeded ? green('✔') : red('✘');
    // The arrival can be earlier than the relay's answer to the Hub.
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

  summary({ accepted, receivers, arrivals, stateOf }: Result): void {
    const table = new Table({
      head: ['endpoint', 'ordering', 'received', 'superseded', 'requests', 'median', 'slowest'].map(bold),
      // The package's own colours ignore NO_COLOR.
      style: { head: [], border: [] },
    });
    for (const { id, ordering } of receivers) {
      const own = arrivals.filter(({ endpointId }) => endpointId === id);
      const latencies = accepted
        .flatMap(({ eventId, acceptedAtMs }) => {
          const received = own.find((arrival) => arrival.eventId === eventId && arrival.status === 200);
          return received === undefined ? [] : [Math.max(0, received.answeredAtMs - acceptedAtMs)];
        })
        .sort((a, b) => a - b);
      table.push([
        id,
        ordering,
        `${latencies.length} of ${accepted.length}`,
        accepted.filter(({ eventId }) => stateOf(id, eventId) === 'superseded').length,
        own.length,
        milliseconds(latencies[Math.floor(latencies.length / 2)]),
        milliseconds(latencies.at(-1)),
      ]);
    }
    this.#print(`\n${indented(table.toString())}`);
    this.#print(
      dim('  A newer webhook contains the whole order, so it supersedes an older one that still waits.'),
    );
  }

  /** Shows the outcomes of the last webhook, as the event log has them. */
  newest(outcomes: Readonly<Record<string, Outcome>>): void {
    const texts = Object.entries(outcomes).map(([id, outcome]) => `${id} ${dim(outcomeText(outcome))}`);
    this.#print(`\n  The event log of the last webhook says: ${texts.join(', ')}`);
  }
}

function isSameDelivery(a: Arrival, b: Arrival): boolean {
  return a.endpointId === b.endpointId && a.eventId === b.eventId;
}

/** The token in full would only make the line long. */
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
