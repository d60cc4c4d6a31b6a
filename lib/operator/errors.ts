/** Why something that an operator asked for was not done. Nothing has been written when one of these is thrown. */

export interface InputIssue {
  /** The attribute that is wrong, by its name in the row; of a part of one, `auth.token`. */
  readonly attribute: string;
  /** What it must be, to be read after its name: `must be at most 30`. */
  readonly problem: string;
}

/** What was given breaks a rule. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    super(issues.map(({ attribute, problem }) => `${attribute} ${problem}`).join('; '));
    this.issues = issues;
  }
}

/** What things are called that a person can name. */
export type Thing = 'endpoint' | 'source' | 'event' | 'order' | 'delivery' | 'message';

export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
  readonly thing: Thing;

  constructor(thing: Thing, id: string, where = '') {
    super(`there is no ${thing} ${id || 'without an id'}${where}`);
    this.thing = thing;
  }
}

export class AlreadyExistsError extends Error {
  override readonly name = 'AlreadyExistsError';
  readonly thing: Thing;

  constructor(thing: Thing, id: string) {
    super(`there is already ${thing === 'source' ? 'a source' : `an ${thing}`} ${id}`);
    this.thing = thing;
  }
}

/** Nothing would come of it as things stand. */
export class NotPossibleError extends Error {
  override readonly name = 'NotPossibleError';
  /** What to do first. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** It was stopped by whoever had started it, or by a failure; what was done until then stays done. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** The relay is not where it was looked for, or something else is there. */
export class NotARelayError extends Error {
  override readonly name = 'NotARelayError';
  readonly place: 'local' | 'stack';

  constructor(place: 'local' | 'stack', message: string, options?: ErrorOptions) {
    super(message, options);
    this.place = place;
  }
}
