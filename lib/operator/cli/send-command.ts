/** `send`: plays the Hub. */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { checkAttributes } from '../attributes.ts';
import { InvalidInputError } from '../errors.ts';
import { SendError, sendWebhook, type WebhookAnswer } from '../events/send.ts';
import { keptAddress } from '../sources/kept-address.ts';
import { findRelay, type GivenOptions, outputOf } from './on-relay.ts';
import type { Terminal } from './output.ts';

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
    .description('send a file as a webhook, as the Hub would; - for standard input')
    .option('--order <id>', 'the order id to append to the address; the body’s unless given')
    .option(
      '--address <url>',
      'the webhook address; RELAY_WEBHOOK_ADDRESS or, for a local relay, the one it started with unless given',
    )
    .option('--content-type <type>', 'application/json unless given')
    .action(async (file: string, options: GivenOptions, command: Command) => {
      const output = outputOf(command, terminal);
      const { order: orderId, contentType, ...given } = checkAttributes(optionsSchema, options);
      const body = await readBody(file, terminal);
      const address =
        given.address ?? (terminal.environment.RELAY_WEBHOOK_ADDRESS || (await lookUp(command, terminal)));
      const answer = await sendWebhook({ address, body, contentType, orderId });
      const from = new URL(address).host;
      if (answer.status < 200 || answer.status > 299) {
        output.data(answer);
        throw new SendError(refusedText(answer, from));
      }
      output.show(answer, (one) => acceptedText(one, from));
      if (answer.orderId !== undefined)
        output.hint(`\`orders show ${shellWord(answer.orderId)}\` tells what becomes of it.`);
    });
}

async function readBody(file: string, terminal: Terminal): Promise<Uint8Array> {
  if (file === '-') return terminal.input();
  try {
    return await readFile(file);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw new InvalidInputError([
      { attribute: 'file', problem: `${file} ${PROBLEMS[code] ?? `cannot be read: ${code}`}` },
    ]);
  }
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  EISDIR: 'is a folder',
  EACCES: 'may not be read by you',
};

/** @throws InvalidInputError when nobody but who has written it down knows the address */
async function lookUp(command: Command, terminal: Terminal): Promise<string> {
  const { relay } = await findRelay(command, terminal);
  const address = await keptAddress(relay);
  if (address !== undefined) return address;
  const problem =
    'or RELAY_WEBHOOK_ADDRESS must say where to: the relay knows no more of an address than a hash';
  throw new InvalidInputError([{ attribute: 'address', problem }]);
}

function acceptedText({ status, orderId, eventId, message }: WebhookAnswer, from: string): string {
  const order = orderId === undefined ? 'without an order id' : `of the order ${orderId}`;
  const what = eventId === undefined ? (message ?? 'nothing') : `stored as ${eventId}, ${order}`;
  return `${from} answered ${status}: ${what}`;
}

function refusedText({ status, message }: WebhookAnswer, from: string): string {
  const said = message === undefined ? '' : `: ${message}`;
  // A relay says no more to whoever does not know an address.
  const meaning = status === 404 ? ', which means that no enabled source has this address' : '';
  return `${from} answered ${status}${said}${meaning}`;
}

/** As it has to be typed: an order id may hold whatever somebody sent. */
function shellWord(text: string): string {
  return /^\w[\w.:-]*$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
