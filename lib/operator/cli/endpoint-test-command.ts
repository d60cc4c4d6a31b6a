/** `endpoints test` */
import type { Command } from 'commander';
import type { Attempt } from '../../relay/model/delivery.ts';
import { type EndpointTest, testEndpoint } from '../endpoints/endpoint-test.ts';
import { SendError } from '../events/send.ts';
import { attemptCells, colouredOutcome } from './event-text.ts';
import { type Colours, type Terminal, verbatim } from './output.ts';
import { withProgress } from './progress.ts';
import { indent, table } from './table.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

export function addTestCommand(endpoints: Command, terminal: Terminal): void {
  endpoints
    .command('test <id>')
    .description(
      'send a test event to an endpoint, also while it is paused or failing, and show request and answer; exit code 0 after a success',
    )
    .action((id: string, _options: GivenOptions, command: Command) =>
      withConnection(command, terminal, async (connection, output) => {
        const result = await withProgress(terminal, { dryRun: false }, (run) =>
          testEndpoint(connection, id, run),
        );
        output.show(result, (one) => testText(one, output.colours), testJson);
        const note = blockNote(result);
        if (note !== undefined) output.hint(note);
        if (result.delivery?.state !== 'delivered') throw new SendError(failureText(result));
      }),
    );
}

function failureText({ endpoint: { id }, eventId, outcome }: EndpointTest): string {
  if (outcome !== undefined && outcome.state !== 'pending')
    return `the endpoint ${id} did not accept the test event`;
  return `the test event for ${id} has no outcome yet: \`events show ${eventId}\` shows it later`;
}

/** Says what the test meant for an endpoint that is paused or failing. */
function blockNote({ endpoint: { id }, outcome, blockBefore, blockAfter }: EndpointTest): string | undefined {
  if (outcome === undefined || blockBefore === undefined) return undefined;
  if (blockBefore === 'paused')
    return `${id} is paused: the relay sent only this test event. \`endpoints resume ${id}\` sends the parked deliveries.`;
  if (blockAfter === 'failing')
    return `${id} is still failing: its deliveries stay parked until a probe or a test succeeds, or until \`endpoints enable ${id}\`.`;
  if (blockAfter === 'disabled') return `The relay has disabled ${id}: \`endpoints show ${id}\` shows why.`;
  return `${id} was failing and answered: its circuit is closed, and the relay sends the parked deliveries now.`;
}

function testText({ endpoint, eventId, outcome, delivery, request }: EndpointTest, colours: Colours): string {
  const { bold, dim } = colours;
  const attempts = delivery?.attempts ?? [];
  return [
    `${bold(endpoint.id)}  ${outcome === undefined ? 'no outcome in time' : colouredOutcome(outcome, colours)}`,
    ...(attempts.length === 0
      ? []
      : [indent(table(attempts.map((made, index) => attemptCells(made, index + 1, colours))))]),
    ...answerHeaderLines(attempts.at(-1), colours),
    ...(request === undefined ? [] : ['', ...requestLines(request, colours), '']),
    dim(`${eventId}, a test event: no other endpoint receives it`),
  ].join('\n');
}

function answerHeaderLines(made: Attempt | undefined, { dim }: Colours): string[] {
  return Object.entries(made?.headers ?? {}).map(([name, value]) => `  ${dim(`${name}:`)} ${value}`);
}

function requestLines(
  { url, headers, body }: NonNullable<EndpointTest['request']>,
  { bold, dim }: Colours,
): string[] {
  return [
    `${bold('POST')} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${dim(`${name}:`)} ${value}`),
    '',
    verbatim(Buffer.from(body).toString()),
  ];
}

function testJson({ endpoint: { id }, request, ...rest }: EndpointTest): object {
  const shown = request && { request: { ...request, body: Buffer.from(request.body).toString() } };
  return { endpointId: id, ...rest, ...shown };
}
