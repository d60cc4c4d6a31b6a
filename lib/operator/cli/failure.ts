/** How the CLI tells of an error: a sentence, what to do about it, and the exit code. */
import { type Command, CommanderError } from 'commander';
import type { Relays } from '../connection.ts';
import {
  AlreadyExistsError,
  type InputIssue,
  InterruptedError,
  InvalidInputError,
  NotARelayError,
  NotFoundError,
  NotPossibleError,
  type Thing,
} from '../errors.ts';
import { SendError } from '../events/send.ts';

/** The relay or AWS failed, or is not reachable. */
const FAILED = 1;
/** What was typed is wrong; nothing was written. */
const MISUSED = 2;

export interface Failure {
  readonly exitCode: number;
  readonly message: string;
  readonly hint?: string;
}

/**
 * @param command the one that was running: what it calls an attribute is what the person has typed
 * @param explain explains a failure of the services behind the ports
 */
export function failureOf(error: unknown, command: Command, explain: Relays['explainFailure']): Failure {
  if (error instanceof CommanderError) return misused(error);
  if (error instanceof InvalidInputError) {
    return { exitCode: MISUSED, message: error.issues.map((issue) => issueText(issue, command)).join('; ') };
  }
  if (error instanceof NotFoundError) {
    return { exitCode: MISUSED, message: error.message, hint: HINTS_NOT_FOUND[error.thing] };
  }
  if (error instanceof AlreadyExistsError) {
    const hint =
      error.thing === 'source'
        ? '`sources rotate` gives it a new address.'
        : '`endpoints set` changes it, `endpoints remove` removes it.';
    return { exitCode: MISUSED, message: error.message, hint };
  }
  if (error instanceof NotPossibleError) {
    return { exitCode: MISUSED, message: error.message, hint: error.hint };
  }
  if (error instanceof InterruptedError) return interrupted(error, explain);
  if (error instanceof NotARelayError) return notARelay(error);
  if (error instanceof SendError) return { exitCode: FAILED, message: error.message };
  return { exitCode: FAILED, message: explain(error) ?? describe(error) };
}

const HINTS_NOT_FOUND: Readonly<Record<Thing, string>> = {
  endpoint: '`endpoints list` shows those there are.',
  source: '`sources list` shows those there are.',
  event: 'One that has only just come may take a second to be found; --order finds it at once.',
  delivery: '`orders show` and `events show` tell what became of an event at each endpoint.',
  message:
    '`dlq list` shows those there are; one that somebody else has just received comes back within a minute.',
  order: 'Orders are known by the Hub’s id and by their nice id; `events list` shows those of late.',
};

/** True when a command is missing, and commander has shown which ones there are. */
export function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.code === 'commander.help';
}

/** `error: unknown option '--ulr'`, and on a second line `(Did you mean --url?)`. */
function misused(error: CommanderError): Failure {
  const message = isHelp(error) ? 'a command is missing' : withoutValues(error.message);
  const [, problem = message, suggestion] = /^(?:error: )?(.*?)\.?(?:\n\((.*)\))?$/s.exec(message) ?? [];
  return { exitCode: MISUSED, message: problem, hint: suggestion ?? '--help says what a command takes.' };
}

/** What was given to an option that there is not, or stands where nothing should, may be a secret all the same. */
function withoutValues(message: string): string {
  return message
    .replaceAll(/(--[\w-]+=)[^']*/g, '$1…')
    .replace(/(Expected \d+ arguments? but got \d+): .*$/s, '$1.');
}

function interrupted({ message, hint, cause }: InterruptedError, explain: Relays['explainFailure']): Failure {
  const why = cause === undefined ? '' : `: ${explain(cause) ?? describe(cause)}`;
  return { exitCode: FAILED, message: message + why, hint };
}

function notARelay({ place, message }: NotARelayError): Failure {
  const hint =
    place === 'local'
      ? 'Start one with `npm start`, or say which one you mean with --port or --stack.'
      : 'AWS_REGION and AWS_PROFILE say where it is looked for; `npm run deploy` deploys one.';
  return { exitCode: FAILED, message, hint };
}

/** `--timeout-seconds must be at most 30` */
function issueText({ attribute, problem }: InputIssue, command: Command): string {
  return `${typedNameOf(attribute, command)} ${problem}`;
}

function typedNameOf(attribute: string, command: Command): string {
  const options = [...command.options, ...(command.parent?.parent ?? command.parent ?? command).options];
  // `sources`, in the row, is `--source` given several times; `auth.token` is `--auth-token`.
  const name = attribute.replaceAll(/\.(\w)/g, (_, letter: string) => letter.toUpperCase());
  const option = options.find((one) => [name, name.replace(/s$/, '')].includes(one.attributeName()));
  if (option?.long) return option.long;
  const argument = command.registeredArguments.find(
    (one) => one.name().replaceAll('-', '') === attribute.toLowerCase(),
  );
  return argument === undefined ? `“${attribute}”` : `<${argument.name()}>`;
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return `unexpected: ${String(error)}`;
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
