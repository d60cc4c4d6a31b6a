import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { explainAwsFailure } from '../../lib/connect/aws-failure.ts';
import { failureOf } from '../../lib/operator/cli/failure.ts';
import {
  AlreadyExistsError,
  InterruptedError,
  InvalidInputError,
  NotARelayError,
  NotFoundError,
  NotPossibleError,
} from '../../lib/operator/errors.ts';
import { SendError } from '../../lib/operator/events/send.ts';
import { StoreError } from '../../lib/relay/ports/event-log.ts';

function aCommand(): Command {
  const program = new Command().option('--port <number>');
  return program
    .command('group')
    .command('do <event-id>')
    .option('--timeout-seconds <s>')
    .option('--sources <ids>')
    .option('--header <name: value>');
}

/** An error of the AWS SDK: it has a name and no class. */
function anAwsError(name: string, message = 'an explanation', fields: object = {}): Error {
  return Object.assign(new Error(message), { name, ...fields });
}

describe('what was typed wrong', () => {
  it.each([
    ['timeoutSeconds', '--timeout-seconds'],
    ['sources', '--sources'],
    ['headers', '--header'],
    ['eventId', '<event-id>'],
    ['port', '--port'],
    ['createdAt', '“createdAt”'],
  ])('is named as it was typed: %s is %s', (attribute, typed) => {
    const error = new InvalidInputError([{ attribute, problem: 'must be at most 30' }]);

    expect(failureOf(error, aCommand(), explainAwsFailure)).toEqual({
      exitCode: 2,
      message: `${typed} must be at most 30`,
    });
  });

  it('names all issues', () => {
    const error = new InvalidInputError([
      { attribute: 'port', problem: 'is wrong' },
      { attribute: 'sources', problem: 'is missing' },
    ]);

    expect(failureOf(error, aCommand(), explainAwsFailure).message).toBe(
      '--port is wrong; --sources is missing',
    );
  });

  it.each([
    new NotFoundError('endpoint', 'erp'),
    new NotFoundError('order', '7-501'),
    new AlreadyExistsError('source', 'main'),
    new AlreadyExistsError('endpoint', 'erp'),
    new NotPossibleError('the endpoint erp is disabled', '`endpoints enable erp` enables it.'),
  ])('is exit code 2, with what to do: $message', (error) => {
    const failure = failureOf(error, aCommand(), explainAwsFailure);

    expect(failure).toMatchObject({ exitCode: 2, message: error.message });
    expect(failure.hint).toMatch(/`/);
  });
});

describe('what failed', () => {
  it.each<[Error, string]>([
    [new NotARelayError('local', 'no relay is running'), 'no relay is running'],
    [new NotARelayError('stack', 'there is no stack'), 'there is no stack'],
    [new InterruptedError('the command was interrupted', 'Do it again.'), 'the command was interrupted'],
    [
      new InterruptedError('the command was interrupted', 'Do it again.', {
        cause: new StoreError('x', { cause: anAwsError('ThrottlingException') }),
      }),
      'the command was interrupted: AWS throttled the requests: run the command again in a moment',
    ],
    [new SendError('relay.example did not answer'), 'relay.example did not answer'],
    [new Error('outer', { cause: new Error('inner') }), 'outer: inner'],
    [
      new StoreError('reading failed', { cause: anAwsError('ThrottlingException') }),
      'AWS throttled the requests: run the command again in a moment',
    ],
  ])('is exit code 1: %s', (error, message) => {
    expect(failureOf(error, aCommand(), explainAwsFailure)).toMatchObject({ exitCode: 1, message });
  });

  it('is described although it is not an Error', () => {
    expect(failureOf('odd', aCommand(), explainAwsFailure)).toEqual({
      exitCode: 1,
      message: 'unexpected: odd',
    });
  });
});

describe('a failure of AWS', () => {
  it.each<[Error, RegExp]>([
    [
      anAwsError(
        'AccessDeniedException',
        'User: x is not authorized to perform: dynamodb:Query on resource: y',
      ),
      /these credentials lack the permission dynamodb:Query$/,
    ],
    [anAwsError('AccessDenied', 'no'), /^AWS denies access: no$/],
    [
      anAwsError('CredentialsProviderError', 'Could not load'),
      /^there are no AWS credentials: set AWS_PROFILE/,
    ],
    [
      anAwsError('TokenProviderError', 'The SSO session has expired'),
      /cannot be used: The SSO session has expired/,
    ],
    [anAwsError('ExpiredTokenException'), /have expired: sign in again/],
    [anAwsError('UnrecognizedClientException'), /rejected the credentials/],
    [anAwsError('Error', 'Region is missing'), /^there is no AWS region: set AWS_REGION/],
    [anAwsError('ResourceNotFoundException'), /^a table of the relay does not exist/],
    [anAwsError('ProvisionedThroughputExceededException'), /throttled/],
    [anAwsError('TimeoutError'), /did not respond in time/],
    [
      anAwsError('Error', '', { code: 'ECONNREFUSED', address: '127.0.0.1', port: 8000 }),
      /cannot be reached: ECONNREFUSED \(127\.0\.0\.1:8000\)$/,
    ],
    [anAwsError('Error', '', { code: 'ENOTFOUND' }), /cannot be reached: ENOTFOUND$/],
  ])('is a sentence that says what to do: %s', (error, sentence) => {
    expect(explainAwsFailure(new StoreError('it failed', { cause: error }))).toMatch(sentence);
  });

  it('is none when it is something else', () => {
    expect(explainAwsFailure(new Error('a fault', { cause: new Error('of ours') }))).toBeUndefined();
    expect(explainAwsFailure('odd')).toBeUndefined();
  });

  it('may be its own cause', () => {
    const error = new Error('turns in a circle');
    error.cause = error;

    expect(explainAwsFailure(error)).toBeUndefined();
  });
});
