/** Converts an error into a message, a hint and an exit code. */
import { type Command, CommanderError } from 'commander';
import type { Relays } from '../connection.ts';
import {
  AlreadyExistsError,
  DeclinedError,
  type InputIssue,
  InterruptedError,
  InvalidInputError,
  NotARelayError,
  NotFoundError,
  NotPossibleError,
  type Resource,
} from '../errors.ts';
import { SendError } from '../events/send.ts';
import { AmbiguousOrderError } from '../orders/order-matches.ts';
import { NAME_ONE, orderMatchesText } from './order-text.ts';
import { printable } from './output.ts';

/** The relay or AWS failed, or cannot be reached. */
const FAILED = 1;
/** The input is invalid; nothing was written. */
const MISUSED = 2;

export interface Failure {
  readonly exitCode: number;
  readonly message: string;
  readonly hint?: string;
}

/**
 * @param command the command that failed: the message uses the names of its options
 * @param explain explains a failure of the services behind the ports
 */
export function failureOf(error: unknown, command: Command, explain: Relays['explainFailure']): Failure {
  if (error instanceof CommanderError) return misused(error);
  if (error instanceof InvalidInputError) {
    return { exitCode: MISUSED, message: error.issues.map((issue) => issueText(issue, command)).join('; ') };
  }
  if (error instanceof NotFoundError) {
    return { exitCode: MISUSED, message: error.message, hint: HINTS_NOT_FOUND[error.resource] };
  }
  if (error instanceof AlreadyExistsError) {
    const hint =
      error.resource === 'source'
        ? `\`sources rotate ${error.id}\` gives it a new address.`
        : `\`endpoints show ${error.id}\` shows it. \`endpoints set --help\` says how to change it.`;
    return { exitCode: MISUSED, message: error.message, hint };
  }
  if (error instanceof AmbiguousOrderError) {
    // Ids come from webhooks, which contain untrusted text.
    const matches = orderMatchesText(printable(error.matches));
    return { exitCode: MISUSED, message: error.message, hint: `${matches}\n${NAME_ONE}` };
  }
  if (error instanceof NotPossibleError) {
    return { exitCode: MISUSED, message: error.message, hint: error.hint };
  }
  if (error instanceof DeclinedError) return { exitCode: MISUSED, message: error.message };
  if (error instanceof InterruptedError) return interrupted(error, explain);
  if (error instanceof NotARelayError) return notARelay(error);
  if (error instanceof SendError) return { exitCode: FAILED, message: error.message };
  return { exitCode: FAILED, message: explain(error) ?? describe(error) };
}

const HINTS_NOT_FOUND: Readonly<Record<Resource, string>> = {
  endpoint: '`endpoints list` shows all endpoints.',
  source: '`sources list` shows all sources.',
  event: 'A new event can take a second to appear in the index. --order finds it at once.',
  delivery: 'The order and the event show the outcome of each endpoint: `events list` has their ids.',
  message:
    '`dlq list` shows all visible messages. A message that another receiver is processing is visible again within a minute.',
  order: 'Give the Hub’s order id or the nice id. `events list` shows recent orders.',
};

/** True when a command is missing, and commander has shown the help. */
export function isHelp(error: unknown): boolean {
  return error instanceof CommanderError && error.code === 'commander.help';
}

/** `error: unknown option '--ulr'`, and on a second line `(Did you mean --url?)`. */
function misused(error: CommanderError): Failure {
  const message = isHelp(error) ? 'a command is required' : withoutValues(error.message);
  const [, problem = message, suggestion] = /^(?:error: )?(.*?)\.?(?:\n\((.*)\))?$/s.exec(message) ?? [];
  return {
    exitCode: MISUSED,
    message: problem,
    hint: suggestion ?? '--help shows the options of a command.',
  };
}

/** The value of an unknown option or argument can be a secret. */
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
      ? 'Start one with `npm start`, or select one with --port or --stack.'
      : 'AWS_REGION and AWS_PROFILE select the region and the account. `npm run deploy` deploys a relay.';
  return { exitCode: FAILED, message, hint };
}

/** `--timeout-seconds must be at most 30` */
function issueText({ attribute, problem }: InputIssue, command: Command): string {
  return `${typedNameOf(attribute, command)} ${problem}`;
}

function typedNameOf(attribute: string, command: Command): string {
  const options = [...command.options, ...(command.parent?.parent ?? command.parent ?? command).options];
  // `headers` in the row is the repeated option `--header`; `auth.token` is `--auth-token`.
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
