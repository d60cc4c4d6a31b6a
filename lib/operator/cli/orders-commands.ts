/** `orders …` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { NotPossibleError } from '../errors.ts';
import { lookUpOrder } from '../orders/orders.ts';
import { addOrderSearchCommand } from './order-search-command.ts';
import { BY_ORDER_ID, NAME_ONE, orderMatchesText, orderText } from './order-text.ts';
import type { Terminal } from './output.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const showOptionsSchema = z.object({
  source: z.string().exactOptional(),
  byOrderId: z.boolean().default(false),
});

export function addOrdersCommands(program: Command, terminal: Terminal): void {
  const orders = program.command('orders').helpCommand(false).description('search and show orders');

  orders
    .command('show <id>')
    .description('show the events and outcomes of an order, or list the orders if several have the id')
    .option('--source <id>', 'search only this source (default: all)')
    .option('--by-order-id', BY_ORDER_ID)
    .action(async (id: string, options: GivenOptions, command: Command) => {
      const query = { id, ...checkAttributes(showOptionsSchema, options) };
      await withConnection(command, terminal, async (connection, output) => {
        const found = await lookUpOrder(connection, query);
        if (!('matches' in found)) return output.show(found, (one) => orderText(one, output.screen));
        output.show(
          found,
          ({ matches }) => orderMatchesText(matches, output.screen.columns),
          ({ matches }) => ({ items: matches }),
        );
        output.hint(NAME_ONE);
      });
    });

  addOrderSearchCommand(orders, terminal);

  orders
    .command('list', { hidden: true })
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new NotPossibleError(
        'there is no list of orders',
        '`orders search <text>` finds orders, and `events list` shows recent events with their orders.',
      );
    });
}
