/** `endpoints pause`, `resume`, `disable` and `enable` */
import type { Command } from 'commander';
import { describeHealth } from '../endpoints/endpoint-health.ts';
import { changeState, STATE_COMMANDS, type StateChange, type StateCommand } from '../endpoints/endpoints.ts';
import { endpointText } from './endpoint-text.ts';
import { clearedHealthText } from './health-text.ts';
import type { Colours, Output, Terminal } from './output.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

interface CommandTexts {
  readonly description: string;
  readonly result: string;
  readonly hint: (id: string) => string;
}

const TEXTS: Readonly<Record<StateCommand, CommandTexts>> = {
  pause: {
    description: 'park the deliveries of an endpoint (state: paused)',
    result: 'is paused.',
    hint: (id) => `Its deliveries are parked until \`endpoints resume ${id}\`.`,
  },
  resume: {
    description: 'end a pause and send the parked deliveries (state: enabled)',
    result: 'is enabled.',
    hint: () =>
      'The relay sends its parked deliveries within a minute, oldest due first, as fast as it answers.',
  },
  disable: {
    description: 'cancel the deliveries of an endpoint (state: disabled)',
    result: 'is disabled.',
    hint: (id) =>
      `The relay cancels its pending deliveries within two minutes: \`deliveries list --endpoint ${id}\` shows them.`,
  },
  enable: {
    description: 'send to an endpoint again and clear its health (state: enabled)',
    result: 'is enabled.',
    hint: () => 'The relay sends its pending deliveries within a minute.',
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
  const { endpoint, cleared, wasDisabled } = change;
  const { id, state } = endpoint;
  output.show(change, (one) => changeText(one, TEXTS[name].result, output.colours), changeJson);
  output.hint(`${TEXTS[name].hint(id)} The change takes effect within 10 s.`);
  if (!wasDisabled || state !== 'enabled') return;
  const since = (cleared?.state === 'disabled' && cleared.failingSince?.toISOString()) || '30d';
  output.hint(`Its cancelled deliveries stay cancelled: \`deliveries retry --endpoint ${id}\` sends them.`);
  output.hint(`\`endpoints missed ${id} --since ${since}\` lists the orders that it did not get.`);
  output.hint(`\`replay --endpoint ${id} --since ${since}\` sends the events that it missed.`);
}

function changeText({ endpoint, cleared }: StateChange, result: string, colours: Colours): string {
  const text = endpointText({ valid: endpoint }, colours, result);
  if (cleared === undefined) return text;
  return `${text}\nIts health is cleared. Before: ${clearedHealthText(cleared)}`;
}

function changeJson({ endpoint, cleared }: StateChange): object {
  return { ...endpoint, ...(cleared !== undefined && { clearedHealth: describeHealth(cleared) }) };
}
