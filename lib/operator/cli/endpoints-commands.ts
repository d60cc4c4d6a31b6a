/** `endpoints …` */
import type { Command } from 'commander';
import {
  addEndpoint,
  changeEndpoint,
  listEndpoints,
  removeEndpoint,
  showEndpoint,
} from '../endpoints/endpoints.ts';
import { addExpressionCommands } from './endpoint-expression-commands.ts';
import { addAttributeOptions, checkSources, readAddOptions, readSetOptions } from './endpoint-options.ts';
import { addStateCommands } from './endpoint-state-commands.ts';
import { addTestCommand } from './endpoint-test-command.ts';
import { endpointJson, endpointListText, endpointText } from './endpoint-text.ts';
import { type GivenOptions, onRelay } from './on-relay.ts';
import type { Terminal } from './output.ts';
import { addRotateSecretCommand } from './rotate-secret-command.ts';
import { severalTexts } from './several-texts.ts';
import { showChanged } from './show-changed.ts';

export function addEndpointsCommands(program: Command, terminal: Terminal): void {
  const endpoints = program
    .command('endpoints')
    .helpCommand(false)
    .description('the URLs that get the webhooks');

  addAttributeOptions(
    endpoints
      .command('add')
      .description('add an endpoint: it gets the webhooks that come from now on')
      .requiredOption('--id <id>', 'what it is called')
      .requiredOption('--url <url>', 'where webhooks are sent'),
  ).action(async (options: GivenOptions, command: Command) => {
    const { id, attributes, newSecret } = await readAddOptions(options, terminal);
    await onRelay(command, terminal, async (connection, output) => {
      await checkSources(connection, attributes);
      await showChanged(output, await addEndpoint(connection, id, attributes), 'is added.', newSecret);
    });
  });

  endpoints
    .command('list')
    .description('list the endpoints')
    .action((_options: GivenOptions, command: Command) =>
      onRelay(command, terminal, async (connection, output) => {
        output.show(
          await listEndpoints(connection),
          (rows) => endpointListText(rows, output.colours),
          (rows) => rows.map(endpointJson),
        );
      }),
    );

  endpoints
    .command('show <id>')
    .description('show all there is to know about an endpoint')
    .action((id: string, _options: GivenOptions, command: Command) =>
      onRelay(command, terminal, async (connection, output) => {
        const endpoint = await showEndpoint(connection, id);
        output.show(endpoint, (one) => endpointText(one, output.colours), endpointJson);
      }),
    );

  addAttributeOptions(
    endpoints
      .command('set <id>')
      .description('change what is named, and nothing else')
      .option('--url <url>', 'where webhooks are sent'),
  )
    .option(
      '--unset <attribute>',
      'put an attribute’s default back: timeout-seconds, header:X-Key; may be given several times',
      severalTexts,
    )
    .action(async (id: string, options: GivenOptions, command: Command) => {
      const { change, attributes, isNothing, newSecret } = await readSetOptions(id, options, terminal);
      if (isNothing) command.error('error: there is nothing to change');
      await onRelay(command, terminal, async (connection, output) => {
        await checkSources(connection, attributes);
        await showChanged(output, await changeEndpoint(connection, id, change), 'is changed.', newSecret);
      });
    });

  addStateCommands(endpoints, terminal);
  addTestCommand(endpoints, terminal);
  addExpressionCommands(endpoints, terminal);
  addRotateSecretCommand(endpoints, terminal);

  endpoints
    .command('remove <id>')
    .description('remove an endpoint; what it was still owed is cancelled')
    .action((id: string, _options: GivenOptions, command: Command) =>
      onRelay(command, terminal, async (connection, output) => {
        await removeEndpoint(connection, id);
        output.show({ id, removed: true }, (one) => `Endpoint ${one.id} is removed.`);
        output.hint('Within 10 s the relay sends nothing more to it, and cancels the deliveries that wait.');
      }),
    );
}
