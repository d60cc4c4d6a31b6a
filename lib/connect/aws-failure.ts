/** Explains errors of AWS to an operator, in a sentence that says what to do. */

/** Errors of a connection that failed or was lost (https://nodejs.org/api/errors.html#common-system-errors). */
const CONNECTION_CODES = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EPIPE'];

/** Undefined for an error that did not come from AWS or its SDK. */
export function explainAwsFailure(error: unknown): string | undefined {
  return causesOf(error)
    .map(explainOne)
    .find((sentence) => sentence !== undefined);
}

/** The error and its chain of causes. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let one = error; one instanceof Error && !causes.includes(one); one = one.cause) causes.push(one);
  return causes;
}

function explainOne(error: Error): string | undefined {
  const { name, message } = error;
  if (/^AccessDenied/.test(name)) return explainAccessDenied(message);
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return /expired|sso/i.test(message)
      ? `the AWS credentials cannot be used: ${message}`
      : 'there are no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';
  }
  if (/^ExpiredToken/.test(name)) return 'the AWS credentials have expired: sign in again';
  if (/^(UnrecognizedClient|InvalidClientTokenId|InvalidSignature|SignatureDoesNotMatch)/.test(name)) {
    return 'AWS rejected the credentials: check AWS_PROFILE, or the access key and its secret';
  }
  if (/region is missing/i.test(message)) {
    return 'there is no AWS region: set AWS_REGION, or a region in the profile';
  }
  if (name === 'ResourceNotFoundException') {
    return 'a table of the relay does not exist: it was deleted, or the relay restarted with new data';
  }
  if (/Throttl|ThroughputExceeded|RequestLimitExceeded/.test(name)) {
    return 'AWS throttled the requests: run the command again in a moment';
  }
  if ('code' in error && CONNECTION_CODES.includes(String(error.code))) return explainConnection(error);
  if (name === 'TimeoutError') return 'AWS, or the local relay’s engine, did not respond in time';
  return undefined;
}

/** AWS names the action in the middle of a sentence, with the same words for explicit and implicit denials. */
function explainAccessDenied(message: string): string {
  const [, action] = /not authorized to perform:? ([\w-]+:\w+)/.exec(message) ?? [];
  return action === undefined
    ? `AWS denies access: ${message}`
    : `AWS denies access: these credentials lack the permission ${action}`;
}

function explainConnection(error: Error): string {
  const where = 'address' in error && 'port' in error ? ` (${error.address}:${error.port})` : '';
  return `AWS, or the local relay’s engine, cannot be reached: ${'code' in error ? error.code : ''}${where}`;
}
