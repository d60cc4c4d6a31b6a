/** Writes docs/delivery-states.md from the table that the tests check the code against. */
import type { TableRow } from './state-table.ts';

export function stateTablePage(table: readonly TableRow[]): string {
  return `# The states of a delivery

A delivery is one event on its way to one endpoint. It gets a row in the EventLog table when it outlives its fan-out.
[The state machine](../lib/relay/delivery/state-machine.ts) has one pure function for each transition: it takes the row and
returns the new one. The new row is written on the condition that state and lease are still as they were read.

A settled row stays in its endpoint's list of the \`owed\` index until the event's outcome is written. A dead or cancelled
row is the first in the list meanwhile, so that sweep finds it among the parked rows of a paused endpoint. After that a dead
or cancelled row is listed in \`attention#<endpoint>\`, and the others in none.

A lease does not move a row in the list, unless the row is due more than a minute later: each move costs two writes to the
index. Until the lease ends, a function that finds the row there leaves it alone.

This page is generated from the table that the tests check the code against:
\`npm test -- test/relay/delivery/state-machine.test.ts -u\`.

## Diagram

\`\`\`mermaid
stateDiagram-v2
${edges(table).join('\n')}
\`\`\`

## Table

Times are seconds from the start of the example. *Due* is when sweep treats the row as overdue; *first* is
before all others. *Message* is the delay of the
message to deliver. The endpoint is \`erp\`. It allows ten attempts, and its lease ends after 20 s.

| state | what happens | function | next state | list | due | message |
|---|---|---|---|---|---|---|
${table.map(line).join('\n')}
`;
}

function line({ from, name, event, state, owedTo, dueAt, message }: TableRow): string {
  const cells = [from, name, `\`${event}\``, state, owedTo ?? '–', dueAt ?? '–', message ?? '–'];
  return `| ${cells.join(' | ')} |`;
}

/** One arrow for each pair of states, labelled with the functions that cause it. */
function edges(table: readonly TableRow[]): string[] {
  const pairs = Map.groupBy(table, ({ from, state }) => `${from === 'new' ? '[*]' : from} --> ${state}`);
  return [...pairs].map(
    ([pair, rows]) => `  ${pair} : ${[...new Set(rows.map(({ event }) => event))].join(', ')}`,
  );
}
