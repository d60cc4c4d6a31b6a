/** Checks a relay on one machine: its file, its disk, and its own work. */
import type { DiskSpace, MachineDiagnostics } from '../diagnostics.ts';
import { type Check, type Finding, ok, problem, problemsOr } from './finding.ts';

const FILE = 'data file';
const DISK = 'disk space';
const SWEEP = 'sweep';

/** A busy day of webhooks takes less, and a full disk makes the relay refuse webhooks. */
const LEAST_FREE_BYTES = 1_000_000_000;

export function checkMachine(machine: MachineDiagnostics): readonly Check[] {
  return [
    [FILE, async () => fileFindings(await machine.fileProblems())],
    [DISK, async () => [diskFinding(await machine.diskSpace())]],
    [SWEEP, async () => [healthFinding(await machine.health())]],
  ];
}

function fileFindings(problems: readonly string[]): readonly Finding[] {
  const found = problems.map((text) =>
    problem(
      FILE,
      `is damaged: ${text}`,
      'Stop the relay, and restore the file from a backup: docs/runbook.md says how.',
    ),
  );
  return problemsOr(found, ok(FILE, 'is undamaged'));
}

function diskFinding({ freeBytes, fileBytes }: DiskSpace): Finding {
  const text = `${sizeText(freeBytes)} free; the relay’s file has ${sizeText(fileBytes)}`;
  // A backup and SQLite's own clean-up need as much space as the file has.
  return freeBytes >= Math.max(LEAST_FREE_BYTES, fileBytes)
    ? ok(DISK, text)
    : problem(DISK, text, 'Free some space: on a full disk the relay refuses webhooks.');
}

/** `83.5 GB`, `4.2 MB`. */
function sizeText(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function healthFinding(health: string): Finding {
  switch (health) {
    case 'ok':
      return ok(SWEEP, 'runs');
    case 'store':
      return problem(SWEEP, 'the relay cannot write its file', 'Look at the relay’s log for the reason.');
    case 'workers':
      return problem(
        SWEEP,
        'did not run for some minutes, so late work waits',
        'Look at the relay’s log, and restart it.',
      );
    default:
      return problem(SWEEP, `the relay says: ${health}`, 'Look at the relay’s log.');
  }
}
