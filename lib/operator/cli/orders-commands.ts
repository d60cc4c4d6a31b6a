/** `orders …` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { NotPossibleError } from '../errors.ts';
import { showOrder } from '../orders/orders.ts';
import { orderText } from './order-text.ts';
import type { Terminal } from './output.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const showOptionsSchema = z.object({ source: z.string().exactOptional() });

export function addOrdersCommands(program: Command, terminal: Terminal): void {
  const orders = program.command('orders').helpCommand(false).description('show orders');

  orders
    .command('show <id>')
    .description(
      'show an order’s timeline by either of its ids: events, changes, and the outcome of each endpoint',
    )
    .option('--source <id>', 'search only this source (default: all)')
    .action(async (id: string, options: GivenOptions, command: Command) => {
      const { source } = checkAttributes(showOptionsSchema, options);
      await withConnection(command, terminal, async (connection, output) => {
        const order = await showOrder(connection, { id, source });
        output.show(order, (one) => orderText(one, output.colours));
      });
    });

  orders
    .command('list', { hidden: true })
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new NotPossibleError(
        'there is no list of orders',
        '`events list` shows recent events with their orders.',
      );
    });
}
