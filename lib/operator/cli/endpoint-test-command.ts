/** `endpoints test` */
import type { Command } from 'commander';
import { type EndpointTest, testEndpoint } from '../endpoints/endpoint-test.ts';
import { SendError } from '../events/send.ts';
import { attemptCells, colouredOutcome } from './event-text.ts';
import { type GivenOptions, onRelay } from './on-relay.ts';
import { type Colours, printableLines, type Terminal } from './output.ts';
import { indent, table } from './table.ts';
import { watched } from './watched.ts';

export function addTestCommand(endpoints: Command, terminal: Terminal): void {
  endpoints
    .command('test <id>')
    .description('send an endpoint one example, the way of every webhook, and show what it answers')
    .action((id: string, _options: GivenOptions, command: Command) =>
      onRelay(command, terminal, async (connection, output) => {
        const result = await watched(terminal, { dryRun: false }, (run) => testEndpoint(connection, id, run));
        output.show(result, (one) => testText(one, output.colours), testJson);
        if (result.delivery?.state !== 'delivered') throw new SendError(`the endpoint ${id} did not take it`);
      }),
    );
}

function testText({ endpoint, eventId, outcome, delivery, request }: EndpointTest, colours: Colours): string {
  const { bold, dim } = colours;
  const attempts = delivery?.attempts ?? [];
  return [
    `${bold(endpoint.id)}  ${outcome === undefined ? 'nothing was heard of it in time' : colouredOutcome(outcome, colours)}`,
    ...(attempts.length === 0
      ? []
      : [indent(table(attempts.map((made, index) => attemptCells(made, index + 1, colours))))]),
    ...(request === undefined ? [] : ['', ...requestLines(request, colours), '']),
    dim(`${eventId}, a test: it has gone to nobody else`),
  ].join('\n');
}

function requestLines(
  { url, headers, body }: NonNullable<EndpointTest['request']>,
  { bold, dim }: Colours,
): string[] {
  return [
    `${bold('POST')} ${url}`,
    ...Object.entries(headers).map(([name, value]) => `${dim(`${name}:`)} ${value}`),
    '',
    printableLines(Buffer.from(body).toString()),
  ];
}

function testJson({ endpoint: { id }, request, ...rest }: EndpointTest): object {
  const shown = request && { request: { ...request, body: Buffer.from(request.body).toString() } };
  return { endpointId: id, ...rest, ...shown };
}
