/** `endpoints pause`, `resume`, `disable` and `enable` */
import type { Command } from 'commander';
import { changeState, DEEDS, type Deed, type StateChange } from '../endpoints/endpoints.ts';
import { endpointText } from './endpoint-text.ts';
import { type GivenOptions, onRelay } from './on-relay.ts';
import type { Colours, Output, Terminal } from './output.ts';

interface DeedText {
  readonly description: string;
  readonly news: string;
  readonly hint: string;
}

const TEXTS: Readonly<Record<Deed, DeedText>> = {
  pause: {
    description: 'keep what an endpoint would get until it is resumed: set --state paused',
    news: 'is paused.',
    hint: 'New deliveries wait from now on; `endpoints resume` sends them.',
  },
  resume: {
    description: 'send to an endpoint again, what was kept for it first',
    news: 'is enabled.',
    hint: 'Its waiting deliveries are sent within a minute, the longest overdue first, as fast as it answers.',
  },
  disable: {
    description: 'cancel what an endpoint would get: set --state off',
    news: 'is disabled.',
    hint: 'Its waiting deliveries are cancelled: `deliveries list` shows them. After `endpoints enable`, `replay` sends them.',
  },
  enable: {
    description: 'send to an endpoint, whatever was wrong with it: set --state on, and forget its failures',
    news: 'is enabled.',
    hint: 'New deliveries are sent to it, and waiting ones within a minute.',
  },
};

export function addStateCommands(endpoints: Command, terminal: Terminal): void {
  for (const deed of DEEDS) {
    endpoints
      .command(`${deed} <id>`)
      .description(TEXTS[deed].description)
      .action((id: string, _options: GivenOptions, command: Command) =>
        onRelay(command, terminal, async (connection, output) => {
          showChange(output, await changeState(connection, id, deed), deed);
        }),
      );
  }
}

function showChange(output: Output, change: StateChange, deed: Deed): void {
  const { endpoint, cleared } = change;
  output.show(change, (one) => changeText(one, TEXTS[deed].news, output.colours), changeJson);
  output.hint(`${TEXTS[deed].hint} The relay goes by it within 10 s.`);
  if (cleared?.state !== 'disabled') return;
  const since = cleared.failingSince?.toISOString() ?? '<time>';
  output.hint(`\`replay --endpoint ${endpoint.id} --since ${since}\` sends it what it has missed.`);
}

function changeText({ endpoint, cleared }: StateChange, news: string, colours: Colours): string {
  const text = endpointText({ valid: endpoint }, colours, news);
  if (cleared === undefined) return text;
  const { state, reason, lastError = 'no answer' } = cleared;
  const trouble = state === 'ok' ? `failing: ${lastError}` : `${state}: ${reason ?? lastError}`;
  return `${text}\nIts health is cleared. It was ${trouble}`;
}

function changeJson({ endpoint, cleared }: StateChange): object {
  return { ...endpoint, ...(cleared !== undefined && { clearedHealth: cleared }) };
}
