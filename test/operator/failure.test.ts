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
    .option('--source <id>');
}

/** An error of the AWS SDK, which has a name and no class of its own. */
function anAwsError(name: string, message = 'an explanation', fields: object = {}): Error {
  return Object.assign(new Error(message), { name, ...fields });
}

describe('what was typed wrong', () => {
  it.each([
    ['timeoutSeconds', '--timeout-seconds'],
    ['sources', '--source'],
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

  it('is told all at once', () => {
    const error = new InvalidInputError([
      { attribute: 'port', problem: 'is wrong' },
      { attribute: 'source', problem: 'is missing' },
    ]);

    expect(failureOf(error, aCommand(), explainAwsFailure).message).toBe(
      '--port is wrong; --source is missing',
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
    [new InterruptedError('it was interrupted', 'Do it again.'), 'it was interrupted'],
    [
      new InterruptedError('it was interrupted', 'Do it again.', {
        cause: new StoreError('x', { cause: anAwsError('ThrottlingException') }),
      }),
      'it was interrupted: AWS is throttling these requests: try again in a moment',
    ],
    [new SendError('relay.example did not answer'), 'relay.example did not answer'],
    [new Error('outer', { cause: new Error('inner') }), 'outer: inner'],
    [
      new StoreError('reading failed', { cause: anAwsError('ThrottlingException') }),
      'AWS is throttling these requests: try again in a moment',
    ],
  ])('is exit code 1: %s', (error, message) => {
    expect(failureOf(error, aCommand(), explainAwsFailure)).toMatchObject({ exitCode: 1, message });
  });

  it('is told though it is no error', () => {
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
    [anAwsError('UnrecognizedClientException'), /does not accept these credentials/],
    [anAwsError('Error', 'Region is missing'), /^there is no AWS region: set AWS_REGION/],
    [anAwsError('ResourceNotFoundException'), /^a table of the relay is not there/],
    [anAwsError('ProvisionedThroughputExceededException'), /throttling/],
    [anAwsError('TimeoutError'), /does not answer in time/],
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
