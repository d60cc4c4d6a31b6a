/** Runs all checks of a relay. */
import type { Connection, Relays } from '../connection.ts';
import type { Diagnostics } from '../diagnostics.ts';
import { checkAddress } from './check-address.ts';
import { checkDeadLetters, checkEndpoints, checkSources } from './check-config.ts';
import { checkMachine } from './check-machine.ts';
import { checkStack } from './check-stack.ts';
import type { Check, Finding } from './finding.ts';

/** The checks run at the same time. A check that fails becomes a finding, and does not disturb the others. */
export async function examine(
  connection: Pick<Connection, 'clock' | 'configTable' | 'queues'>,
  diagnostics: Diagnostics,
  explain: Relays['explainFailure'],
): Promise<Finding[]> {
  const checks: readonly Check[] = [
    ['webhook address', () => checkAddress(diagnostics, connection.clock)],
    ['sources', () => checkSources(connection)],
    ['endpoints', () => checkEndpoints(connection, diagnostics)],
    ['dead letters', () => checkDeadLetters(connection)],
    ...(diagnostics.stack === undefined ? [] : checkStack(diagnostics.stack, connection.clock)),
    ...(diagnostics.machine === undefined ? [] : checkMachine(diagnostics.machine)),
  ];
  const findings = await Promise.all(checks.map((check) => findingsOf(check, explain)));
  return findings.flat();
}

async function findingsOf(
  [check, run]: Check,
  explain: Relays['explainFailure'],
): Promise<readonly Finding[]> {
  try {
    return await run();
  } catch (error) {
    const reason = explain(error) ?? (error instanceof Error ? error.message : String(error));
    return [{ check, state: 'unknown', text: `could not be checked: ${reason}` }];
  }
}
