/** `trigger` */
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { type TriggeredEvent, trigger } from '../events/trigger.ts';
import { colouredOutcome } from './event-text.ts';
import type { Colours, Terminal } from './output.ts';
import { indent } from './table.ts';
import { ADDRESS_OPTION, webhookAddressFor } from './webhook-address-option.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const optionsSchema = z.object({ address: z.string().exactOptional() });

export function addTriggerCommand(program: Command, terminal: Terminal): void {
  program
    .command('trigger <status>')
    .description(
      'walk a sample order up to a status, such as Shipped, through the webhook address; every subscribed endpoint receives it',
    )
    .option('--address <url>', ADDRESS_OPTION)
    .action(async (status: string, options: GivenOptions, command: Command) => {
      const given = checkAttributes(optionsSchema, options);
      const signal = terminal.interruption();
      await withConnection(command, terminal, async (connection, output) => {
        const address = await webhookAddressFor(connection.relay, given.address, terminal);
        let last: TriggeredEvent | undefined;
        for await (const one of trigger(connection, { address, status, signal })) {
          output.show(one, (shown) => triggeredText(shown, output.colours));
          last = one;
        }
        if (last !== undefined) output.hint(`\`orders show ${last.orderId}\` shows the order.`);
      });
    });
}

function triggeredText({ niceId, status, eventId, event }: TriggeredEvent, colours: Colours): string {
  const outcomes = Object.entries(event?.outcomes ?? {}).map(
    ([id, outcome]) => `${id}: ${colouredOutcome(outcome, colours)}`,
  );
  const none =
    event?.fannedOutAt === undefined
      ? colours.yellow('not fanned out yet')
      : colours.dim('no endpoint was subscribed');
  return [
    `${colours.bold(status)}  ${niceId}  ${colours.dim(eventId)}`,
    ...(outcomes.length === 0 ? [none] : outcomes).map((line) => indent(line)),
  ].join('\n');
}
