/** One result of `doctor`. */

export interface Finding {
  /** `webhook address`, `endpoints`, `alarms`. */
  readonly check: string;
  /** `unknown` when the check itself failed. */
  readonly state: 'ok' | 'problem' | 'unknown';
  /** The finding, as a sentence without its full stop. */
  readonly text: string;
  /** The remedy, as a sentence. */
  readonly action?: string;
}

/** A name for people, and the work. */
export type Check = readonly [name: string, run: () => Promise<readonly Finding[]>];

export function ok(check: string, text: string): Finding {
  return { check, state: 'ok', text };
}

export function problem(check: string, text: string, action: string): Finding {
  return { check, state: 'problem', text, action };
}

/** The problems, or one finding that all is well. */
export function problemsOr(problems: readonly Finding[], well: Finding): readonly Finding[] {
  return problems.length > 0 ? problems : [well];
}
