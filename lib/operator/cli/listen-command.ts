/** `listen` */
import type { Command } from 'commander';
import { signingSecretSchema } from '../../relay/endpoint/signing-secret.ts';
import * as z from '../../relay/model/zod.ts';
import { checkAttributes } from '../attributes.ts';
import { newSigningSecret } from '../endpoints/signing.ts';
import { type Forwarded, forwardEvents } from '../events/forward.ts';
import { findSourceId } from '../sources/sources.ts';
import { orderText } from './event-text.ts';
import { readMoment } from './option-values.ts';
import type { Colours, Terminal } from './output.ts';
import { secretInput } from './secret-input.ts';
import { shortened } from './table.ts';
import { durationText, timeText } from './times.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

const text = z.exactOptional(z.string());
const optionsSchema = z.object({ forwardTo: z.string(), signingSecret: text, since: text, source: text });
const secretSchema = z.object({ signingSecret: signingSecretSchema });

const ANSWER_LENGTH = 60;

export function addListenCommand(program: Command, terminal: Terminal): void {
  program
    .command('listen')
    .description(
      'forward new events to a program on this machine, as an endpoint gets them, until Ctrl-C; --json prints one value a line',
    )
    .requiredOption('--forward-to <url>', 'POST each event to this URL, also on this machine')
    .option(
      '--signing-secret <secret>',
      'sign with this secret; @file reads a file, - the standard input (default: a new one, printed)',
    )
    .option('--since <moment>', 'begin with the events since then: 30m, 2h or 3d ago, or a time')
    .option('--source <id>', 'forward only this source’s events')
    .action(async (options: GivenOptions, command: Command) => {
      const given = checkAttributes(optionsSchema, options);
      const since = readMoment('since', given.since);
      const typed = given.signingSecret;
      const signingSecret =
        typed === undefined ? newSigningSecret() : await secretInput(terminal)('signingSecret', typed);
      checkAttributes(secretSchema, { signingSecret });
      const signal = terminal.interruption();
      await withConnection(command, terminal, async (connection, output) => {
        const source = given.source === undefined ? undefined : await findSourceId(connection, given.source);
        const target = { url: given.forwardTo, signingSecret };
        const sender = terminal.relays.localSender();
        const all = forwardEvents(connection, sender, target, { since, source, signal });
        output.show({ forwardTo: target.url, ...(typed === undefined && { signingSecret }) }, (one) =>
          startText(one, connection.relay.title),
        );
        try {
          for await (const one of all)
            output.show(one, (shown) => forwardedText(shown, output.colours), forwardedJson);
        } finally {
          sender.close();
        }
      });
    });
}

function startText(
  { forwardTo, signingSecret }: { readonly forwardTo: string; readonly signingSecret?: string },
  title: string,
): string {
  return [
    `New events of ${title} go to ${forwardTo} until Ctrl-C.`,
    ...(signingSecret === undefined ? [] : [`They are signed with ${signingSecret}`]),
  ].join('\n');
}

function forwardedText({ event, at, url, durationMs, result }: Forwarded, colours: Colours): string {
  return [
    timeText(at),
    colours.bold(orderText(event)),
    resultText(result, durationMs, colours),
    ...(url === undefined ? [] : [url]),
    colours.dim(event.eventId),
  ].join('  ');
}

function resultText(
  result: Forwarded['result'],
  durationMs: number,
  { green, red, yellow }: Colours,
): string {
  switch (result.kind) {
    case 'unsent':
      return yellow(`nothing sent: ${result.reason}`);
    case 'failure':
      return red(result.error);
    case 'answer': {
      const isSuccess = result.status >= 200 && result.status <= 299;
      const answer = isSuccess || result.text === '' ? '' : `: ${shortened(result.text, ANSWER_LENGTH)}`;
      return (isSuccess ? green : red)(`${result.status} in ${durationText(durationMs)}${answer}`);
    }
  }
}

function forwardedJson({ event, at, url, durationMs, result }: Forwarded): object {
  const { eventId, orderKey, orderId, niceId } = event;
  return {
    ...{ eventId, orderKey },
    ...(orderId !== undefined && { orderId }),
    ...(niceId !== undefined && { niceId }),
    at,
    ...(url !== undefined && { url }),
    ...outcomeOf(result, durationMs),
  };
}

function outcomeOf(result: Forwarded['result'], durationMs: number): object {
  switch (result.kind) {
    case 'unsent':
      return { unsent: result.reason };
    case 'failure':
      return { error: result.error, durationMs };
    case 'answer':
      return { status: result.status, durationMs, answer: result.text };
  }
}
