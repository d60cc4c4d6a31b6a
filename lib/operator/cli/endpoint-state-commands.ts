/** `endpoints pause`, `resume`, `disable` and `enable` */
import type { Command } from 'commander';
import { changeState, DEEDS, type Deed, type StateChange } from '../endpoints.ts';
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
    hint: 'What comes from now on is kept for it; `endpoints resume` has it sent, the oldest first.',
  },
  resume: {
    description: 'send to an endpoint again, what was kept for it first',
    news: 'is on.',
    hint: 'What was kept for it is sent from the next minute on: ten at first, then twice as many each minute.',
  },
  disable: {
    description: 'cancel what an endpoint would get: set --state off',
    news: 'is off.',
    hint: 'What it is owed is cancelled: `deliveries list` shows it, `replay` sends it after all.',
  },
  enable: {
    description: 'send to an endpoint, whatever was wrong with it: set --state on, and forget its failures',
    news: 'is on.',
    hint: 'What comes from now on is sent to it.',
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
  const trouble = state === 'closed' ? `failing: ${lastError}` : `${state}: ${reason ?? lastError}`;
  return `${text}\nIts health is cleared. It was ${trouble}`;
}

function changeJson({ endpoint, cleared }: StateChange): object {
  return { ...endpoint, ...(cleared !== undefined && { clearedHealth: cleared }) };
}
