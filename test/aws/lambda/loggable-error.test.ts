import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { describe, expect, it, vi } from 'vitest';
import { PowertoolsTelemetry } from '../../../lib/aws/lambda/telemetry.ts';
import { StoreError } from '../../../lib/relay/ports/event-log.ts';

const PERSONAL = 'A Personal';

/** The error of a parser. Its message quotes the beginning of the text. */
function parserError(): SyntaxError {
  try {
    throw new Error(`this text is JSON: ${JSON.parse(PERSONAL)}`);
  } catch (error) {
    if (error instanceof SyntaxError && error.message.includes('Personal')) return error;
    throw error;
  }
}

/** An error as the AWS SDK throws it, with what it had received. */
function sdkError(): Error {
  return Object.assign(new Error('User is not authorized to perform: dynamodb:Query'), {
    name: 'AccessDeniedException',
    $metadata: { requestId: 'REQUEST-1', httpStatusCode: 400, attempts: 1 },
    $response: { body: PERSONAL },
    Item: { body: { S: PERSONAL } },
  });
}

/** As the logger writes it, when it is told to log it. */
function logged(error: unknown): string {
  const lines: string[] = [];
  const logger = new Logger();
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk: unknown) => lines.push(String(chunk)) > 0);
  new PowertoolsTelemetry(logger, new Metrics()).error('it failed', error);
  vi.restoreAllMocks();
  return lines.join('');
}

describe('an error in the log', () => {
  it('says what failed, and why', () => {
    const text = logged(
      new StoreError('reading events failed: AccessDeniedException', { cause: sdkError() }),
    );

    expect(JSON.parse(text).error).toMatchObject({
      name: 'StoreError',
      message: 'reading events failed: AccessDeniedException',
      stack: expect.stringMatching(/^StoreError: reading events failed.*\n {4}at /),
      cause: {
        name: 'AccessDeniedException',
        message: 'User is not authorized to perform: dynamodb:Query',
        awsRequestId: 'REQUEST-1',
        httpStatusCode: 400,
      },
    });
  });

  it.each<[string, unknown]>([
    ['what the SDK has received', sdkError()],
    ['what a parser stumbled upon', parserError()],
    ['what caused it', new StoreError('reading failed', { cause: parserError() })],
    ['a value that is no error', PERSONAL],
  ])('does not repeat %s', (_, error) => {
    expect(logged(error)).not.toContain('Personal');
  });

  it('keeps the code that tells one failure of a socket from another', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });

    expect(JSON.parse(logged(reset)).error).toMatchObject({ code: 'ECONNRESET' });
  });

  it('ends where causes go round in a circle', () => {
    const one = new Error('one');
    one.cause = new Error('two', { cause: one });

    expect(logged(one)).toContain('two');
  });
});
