/** `send` */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { InvalidInputError } from '../errors.ts';
import { SendError, sendWebhook, type WebhookResponse } from '../events/send.ts';
import { shellWord } from './calls.ts';
import type { Terminal } from './output.ts';
import { ADDRESS_OPTION, webhookAddressFor } from './webhook-address-option.ts';
import { findRelay, type GivenOptions, outputOf } from './with-connection.ts';

const optionsSchema = z.object({
  order: z.string().regex(/./s, 'must not be empty').exactOptional(),
  address: z.string().exactOptional(),
  contentType: z
    .string()
    .regex(/^[\x20-\x7e]+$/, 'must be text that a header can hold')
    .default('application/json'),
});

export function addSendCommand(program: Command, terminal: Terminal): void {
  program
    .command('send <file>')
    .description('send a file as a webhook, as the Hub does; - reads the standard input')
    .option('--order <id>', 'append this order id to the address (default: the id in the body)')
    .option('--address <url>', ADDRESS_OPTION)
    .option(
      '--content-type <type>',
      'set the content type (default: application/json, for which the file must be JSON or empty)',
    )
    .action(async (file: string, options: GivenOptions, command: Command) => {
      const output = outputOf(command, terminal);
      const { order: orderId, contentType, ...given } = checkAttributes(optionsSchema, options);
      const body = await readBody(file, terminal);
      const address =
        given.address ??
        (terminal.environment.RELAY_WEBHOOK_ADDRESS || (await findAddress(command, terminal)));
      const answer = await sendWebhook({ address, body, contentType, orderId });
      const from = new URL(address).host;
      if (answer.status < 200 || answer.status > 299) {
        output.data(answer);
        throw new SendError(refusedText(answer, from));
      }
      output.show(answer, (one) => acceptedText(one, from));
      if (answer.orderId !== undefined)
        output.hint(`\`orders show ${shellWord(answer.orderId)}\` shows its outcomes.`);
    });
}

async function readBody(file: string, terminal: Terminal): Promise<Uint8Array> {
  if (file === '-') return terminal.input();
  try {
    return await readFile(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new InvalidInputError([
      { attribute: 'file', problem: `${file} ${PROBLEMS.get(code) ?? `cannot be read: ${code}`}` },
    ]);
  }
}

const PROBLEMS = new Map(
  Object.entries({
    ENOENT: 'does not exist',
    EISDIR: 'is a folder',
    EACCES: 'cannot be read: permission denied',
  }),
);

async function findAddress(command: Command, terminal: Terminal): Promise<string> {
  const { relay } = await findRelay(command, terminal);
  return webhookAddressFor(relay, undefined, terminal);
}

function acceptedText({ status, orderId, eventId, message }: WebhookResponse, from: string): string {
  const order = orderId === undefined ? 'without an order id' : `of order ${orderId}`;
  const result = eventId === undefined ? (message ?? 'nothing') : `stored as event ${eventId} ${order}`;
  return `${from} answered ${status}: ${result}`;
}

function refusedText({ status, message }: WebhookResponse, from: string): string {
  const text = message === undefined ? '' : `: ${message}`;
  // For an unknown address, the relay sends no explanation.
  const meaning = status === 404 ? ': no enabled source has this address' : '';
  return `${from} answered ${status}${text}${meaning}`;
}
