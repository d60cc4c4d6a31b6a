/** `orders …` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { showOrder } from '../orders/orders.ts';
import { type GivenOptions, onRelay } from './on-relay.ts';
import { orderText } from './order-text.ts';
import type { Terminal } from './output.ts';

const showOptionsSchema = z.object({ source: z.string().exactOptional() });

export function addOrdersCommands(program: Command, terminal: Terminal): void {
  const orders = program
    .command('orders')
    .helpCommand(false)
    .description('the orders that the webhooks tell of');

  orders
    .command('show <id>')
    .description('show an order’s timeline, by either of its ids: what changed, and who was told')
    .option('--source <id>', 'the source that it came from; all are looked through unless given')
    .action(async (id: string, options: GivenOptions, command: Command) => {
      const { source } = checkAttributes(showOptionsSchema, options);
      await onRelay(command, terminal, async (connection, output) => {
        const order = await showOrder(connection, { id, source });
        output.show(order, (one) => orderText(one, output.colours));
      });
    });
}
