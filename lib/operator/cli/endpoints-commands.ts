/** `endpoints …` */
import type { Command } from 'commander';
import { withCounts } from '../deliveries/delivery-counts.ts';
import {
  addEndpoint,
  changeEndpoint,
  listEndpoints,
  removeEndpoint,
  showEndpoint,
} from '../endpoints/endpoints.ts';
import { checkSources } from '../sources/check-sources.ts';
import { addYesOption, confirm } from './confirmation.ts';
import { addExpressionCommands } from './endpoint-expression-commands.ts';
import { addHistoryCommands } from './endpoint-history-commands.ts';
import { addAttributeOptions, readAddOptions, readSetOptions } from './endpoint-options.ts';
import { addStateCommands } from './endpoint-state-commands.ts';
import { addTestCommand } from './endpoint-test-command.ts';
import { endpointJson, endpointListText, endpointText } from './endpoint-text.ts';
import { repeated } from './option-values.ts';
import type { Terminal } from './output.ts';
import { addRotateSecretCommand } from './rotate-secret-command.ts';
import { showSavedEndpoint } from './saved-endpoint.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

export function addEndpointsCommands(program: Command, terminal: Terminal): void {
  const endpoints = program
    .command('endpoints')
    .helpCommand(false)
    .description('add, change, test and list endpoints: the URLs that receive the webhooks');

  addAttributeOptions(
    endpoints
      .command('add')
      .description('add an endpoint; it receives the webhooks from now on')
      .requiredOption('--id <id>', 'name the endpoint')
      .requiredOption(
        '--url <url>',
        'send webhooks to this URL; {orderid} in its path or query stands for the order id',
      ),
  ).action(async (options: GivenOptions, command: Command) => {
    const { id, attributes, newSecret } = await readAddOptions(options, terminal);
    await withConnection(command, terminal, async (connection, output) => {
      await checkSources(connection, attributes);
      await showSavedEndpoint(output, await addEndpoint(connection, id, attributes), 'is added.', newSecret);
    });
  });

  endpoints
    .command('list')
    .description('list the endpoints')
    .action((_options: GivenOptions, command: Command) =>
      withConnection(command, terminal, async (connection, output) => {
        output.show(
          await withCounts(connection, await listEndpoints(connection)),
          (rows) => endpointListText(rows, output.screen),
          (rows) => ({ items: rows.map(endpointJson) }),
        );
      }),
    );

  endpoints
    .command('show <id>')
    .description('show an endpoint’s attributes and health')
    .action((id: string, _options: GivenOptions, command: Command) =>
      withConnection(command, terminal, async (connection, output) => {
        const [endpoint] = await withCounts(connection, [await showEndpoint(connection, id)]);
        if (endpoint !== undefined)
          output.show(endpoint, (one) => endpointText(one, output.colours), endpointJson);
      }),
    );

  addAttributeOptions(
    endpoints
      .command('set <id>')
      .description('change the given attributes')
      .option(
        '--url <url>',
        'send webhooks to this URL; {orderid} in its path or query stands for the order id',
      ),
  )
    .option(
      '--unset <attribute>',
      'restore an attribute’s default: timeout-seconds, header:X-Key; repeat for several',
      repeated,
    )
    .action(async (id: string, options: GivenOptions, command: Command) => {
      const { change, attributes, isNothing, newSecret } = await readSetOptions(id, options, terminal);
      if (isNothing) command.error('error: no option names a change');
      await withConnection(command, terminal, async (connection, output) => {
        await checkSources(connection, attributes);
        await showSavedEndpoint(
          output,
          await changeEndpoint(connection, id, change),
          'is changed.',
          newSecret,
        );
      });
    });

  addStateCommands(endpoints, terminal);
  addTestCommand(endpoints, terminal);
  addHistoryCommands(endpoints, terminal);
  addExpressionCommands(endpoints, terminal);
  addRotateSecretCommand(endpoints, terminal);

  addYesOption(
    endpoints.command('remove <id>').description('remove an endpoint and cancel its pending deliveries'),
  ).action((id: string, options: GivenOptions, command: Command) =>
    withConnection(command, terminal, async (connection, output) => {
      await confirm(
        `Remove the endpoint ${id}, and cancel its pending deliveries`,
        options.yes === true,
        terminal,
      );
      await removeEndpoint(connection, id);
      output.show({ id, removed: true }, (one) => `Endpoint ${one.id} is removed.`);
      output.hint('The relay stops sending to it within 10 s, and cancels its pending deliveries.');
    }),
  );
}
