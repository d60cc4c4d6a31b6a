/** `endpoints pause`, `resume`, `disable` and `enable` */
import type { Command } from 'commander';
import { changeState, STATE_COMMANDS, type StateChange, type StateCommand } from '../endpoints/endpoints.ts';
import { endpointText } from './endpoint-text.ts';
import type { Colours, Output, Terminal } from './output.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

interface CommandTexts {
  readonly description: string;
  readonly result: string;
  readonly hint: string;
}

const TEXTS: Readonly<Record<StateCommand, CommandTexts>> = {
  pause: {
    description: 'park the deliveries of an endpoint (state: paused)',
    result: 'is paused.',
    hint: 'Its deliveries are parked until `endpoints resume`.',
  },
  resume: {
    description: 'end a pause and send the parked deliveries (state: enabled)',
    result: 'is enabled.',
    hint: 'Deliver sends its parked deliveries within a minute, oldest due first, as fast as it answers.',
  },
  disable: {
    description: 'cancel the deliveries of an endpoint (state: disabled)',
    result: 'is disabled.',
    hint: 'The relay cancels its pending deliveries: `deliveries list` shows them. After `endpoints enable`, `replay` sends them.',
  },
  enable: {
    description: 'send to an endpoint again and clear its health (state: enabled)',
    result: 'is enabled.',
    hint: 'Deliver sends its pending deliveries within a minute.',
  },
};

export function addStateCommands(endpoints: Command, terminal: Terminal): void {
  for (const name of STATE_COMMANDS) {
    endpoints
      .command(`${name} <id>`)
      .description(TEXTS[name].description)
      .action((id: string, _options: GivenOptions, command: Command) =>
        withConnection(command, terminal, async (connection, output) => {
          showChange(output, await changeState(connection, id, name), name);
        }),
      );
  }
}

function showChange(output: Output, change: StateChange, name: StateCommand): void {
  const { endpoint, cleared } = change;
  output.show(change, (one) => changeText(one, TEXTS[name].result, output.colours), changeJson);
  output.hint(`${TEXTS[name].hint} The change takes effect within 10 s.`);
  if (cleared?.state !== 'disabled') return;
  const since = cleared.failingSince?.toISOString() ?? '<time>';
  output.hint(`\`replay --endpoint ${endpoint.id} --since ${since}\` sends the events that it missed.`);
}

function changeText({ endpoint, cleared }: StateChange, result: string, colours: Colours): string {
  const text = endpointText({ valid: endpoint }, colours, result);
  if (cleared === undefined) return text;
  const { state, reason, lastError = 'no answer' } = cleared;
  const trouble = state === 'ok' ? `failing: ${lastError}` : `${state}: ${reason ?? lastError}`;
  return `${text}\nIts health is cleared. It was ${trouble}`;
}

function changeJson({ endpoint, cleared }: StateChange): object {
  return { ...endpoint, ...(cleared !== undefined && { clearedHealth: cleared }) };
}
