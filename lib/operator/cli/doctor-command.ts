/** `doctor` */
import type { Command } from 'commander';
import { examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import { FindingsError } from '../errors.ts';
import type { Screen, Terminal } from './output.ts';
import { withProgress } from './progress.ts';
import { table } from './table.ts';
import { type GivenOptions, withConnection } from './with-connection.ts';

type ShownFinding = Omit<Finding, 'action'> & { readonly action: string | undefined };

export function addDoctorCommand(program: Command, terminal: Terminal): void {
  program
    .command('doctor')
    .description('check a relay and all that it needs, and say what to do; exit code 0 when nothing is wrong')
    .action((_options: GivenOptions, command: Command) =>
      withConnection(command, terminal, async (connection, output, found) => {
        const findings = await withProgress(terminal, {}, (run) => {
          run.onProgress?.(`Checking ${connection.relay.title}…`);
          return examine(connection, found.diagnostics(), terminal.relays.explainFailure);
        });
        // The actions are doctor's own texts, whose commands are completed. The rest can contain untrusted text.
        const withActions = (one: Finding, index: number) => ({ ...one, action: findings[index]?.action });
        output.show({ items: findings }, (one) => findingsText(one.items.map(withActions), output.screen));
        const wrong = findings.filter(({ state }) => state !== 'ok').length;
        if (wrong > 0) throw new FindingsError(wrong);
      }),
    );
}

function findingsText(findings: readonly ShownFinding[], screen: Screen): string {
  const ordered = ['problem', 'unknown', 'ok'].flatMap((state) =>
    findings.filter((one) => one.state === state),
  );
  const marks = { problem: screen.red('✘'), unknown: screen.yellow('?'), ok: screen.green('✔') };
  const lines = table(
    ordered.map(({ state, check, text }) => [marks[state], screen.bold(check), text]),
  ).split('\n');
  return ordered
    .flatMap(({ action }, index) => [
      lines[index] ?? '',
      ...(action === undefined ? [] : [`   ${screen.dim('→')} ${action}`]),
    ])
    .join('\n');
}
