/** `endpoints test` */
import type { Command } from 'commander';
import { printableLines } from '../../relay/model/printable.ts';
import { type EndpointTest, testEndpoint } from '../endpoints/endpoint-test.ts';
import { SendError } from '../events/send.ts';
import { attemptCells, colouredOutcome } from './event-text.ts';
import type { Colours, Terminal } from './output.ts';
import { withProgress } from './progress.ts';
import { indent, table } from './table.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

export function addTestCommand(endpoints: Command, terminal: Terminal): void {
  endpoints
    .command('test <id>')
    .description('send a test event to an endpoint and show its answer')
    .action((id: string, _options: GivenOptions, command: Command) =>
      withConnection(command, terminal, async (connection, output) => {
        const result = await withProgress(terminal, { dryRun: false }, (run) =>
          testEndpoint(connection, id, run),
        );
        output.show(result, (one) => testText(one, output.colours), testJson);
        if (result.delivery?.state !== 'delivered')
          throw new SendError(`the endpoint ${id} did not accept the test event`);
      }),
    );
}

function testText({ endpoint, eventId, outcome, delivery, request }: EndpointTest, colours: Colours): string {
  const { bold, dim } = colours;
  const attempts = delivery?.attempts ?? [];
  return [
    `${bold(endpoint.id)}  ${outcome === undefined ? 'no outcome in time' : colouredOutcome(outcome, colours)}`,
    ...(attempts.length === 0
      ? []
      : [indent(table(attempts.map((made, index) => attemptCells(made, index + 1, colours))))]),
    ...(request === undefined ? [] : ['', ...requestLines(request, colours), '']),
    dim(`${eventId}, a test event: no other endpoint receives it`),
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
