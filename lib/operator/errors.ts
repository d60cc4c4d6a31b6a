/** Errors of an operator's commands. Unless an error says otherwise, nothing was written. */

export interface InputIssue {
  /** The invalid attribute, by its name in the row; `auth.token` for a part of one. */
  readonly attribute: string;
  /** The end of a sentence that begins with the attribute: `must be at most 30`. */
  readonly problem: string;
}

/** An attribute or option is invalid. */
export class InvalidInputError extends Error {
  override readonly name = 'InvalidInputError';
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    super(issues.map(({ attribute, problem }) => `${attribute} ${problem}`).join('; '));
    this.issues = issues;
  }
}

/** The kinds of things that a person can name. */
export type Resource = 'endpoint' | 'source' | 'event' | 'order' | 'delivery' | 'message';

export class NotFoundError extends Error {
  override readonly name = 'NotFoundError';
  readonly resource: Resource;

  constructor(resource: Resource, id: string, where = '') {
    super(`there is no ${resource} ${id || 'without an id'}${where}`);
    this.resource = resource;
  }
}

export class AlreadyExistsError extends Error {
  override readonly name = 'AlreadyExistsError';
  readonly resource: Resource;
  readonly id: string;

  constructor(resource: Resource, id: string) {
    super(`the ${resource} ${id} already exists`);
    this.resource = resource;
    this.id = id;
  }
}

/** The command would have no effect in the current state. */
export class NotPossibleError extends Error {
  override readonly name = 'NotPossibleError';
  /** The command to run first. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** Ctrl-C or a failure stopped a command. Its changes up to then remain. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';
  readonly hint: string;

  constructor(message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

/** The user was asked first, and did not say yes. */
export class DeclinedError extends Error {
  override readonly name = 'DeclinedError';

  constructor() {
    super('nothing was changed');
  }
}

/** `doctor` has shown what is wrong. */
export class FindingsError extends Error {
  override readonly name = 'FindingsError';

  constructor(count: number) {
    super(count === 1 ? '1 finding needs attention' : `${count} findings need attention`);
  }
}

/** No relay was found at the given port or stack. */
export class NotARelayError extends Error {
  override readonly name = 'NotARelayError';
  readonly place: 'local' | 'stack';

  constructor(place: 'local' | 'stack', message: string, options?: ErrorOptions) {
    super(message, options);
    this.place = place;
  }
}
