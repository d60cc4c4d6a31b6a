/** Lists everything that needs attention, each with the command that shows it. */
import type { BoundedCount } from '../deliveries/delivery-counts.ts';
import type { RelayStatus } from '../status/relay-status.ts';
import { isStopped } from '../status/stopped-state.ts';
import { shellWord } from './calls.ts';
import { countText } from './count-text.ts';

export function attentionLines({ endpoints, attention }: RelayStatus): string[] {
  const { abandoned, quarantined, notFannedOut, invalidEndpoints, invalidSources, deadLetters } = attention;
  return [
    ...endpoints.flatMap(({ id, state, dead, cancelled }) => [
      // The invalid ones are listed below.
      ...(isStopped(state) && state !== 'invalid'
        ? [`${id} is ${state}: \`endpoints show ${shellWord(id)}\``]
        : []),
      ...countLine(dead, `dead for ${id}`, `deliveries list --endpoint ${id}`),
      ...countLine(cancelled, `cancelled for ${id}`, `deliveries list --endpoint ${id}`),
    ]),
    ...countLine(abandoned, 'abandoned by fan-out', 'deliveries list --state abandoned'),
    ...countLine(quarantined, 'quarantined: fan-out fails and tries again', 'events list'),
    ...countLine(notFannedOut, 'not fanned out for over a minute', 'events list'),
    ...invalidEndpoints.map(({ id }) => `The row of the endpoint ${id} is invalid: \`endpoints list\``),
    ...invalidSources.map(({ id }) => `The row of the source ${id} is invalid: \`sources list\``),
    ...countLine({ count: deadLetters, isMore: false }, 'in the dead-letter queues', 'dlq list'),
  ];
}

function countLine(count: BoundedCount, what: string, command: string): string[] {
  return count.count === 0 ? [] : [`${countText(count)} ${what}: \`${command}\``];
}
