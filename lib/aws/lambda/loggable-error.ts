/**
 * An error as the log may have it. The logger writes every property that an error has, and those of the AWS SDK and of
 * parsers carry what was being read, which may be an order with its customer's name.
 */
import { z } from 'zod';

/** Why of why: nothing here is nested deeper. */
const CAUSES_LIMIT = 5;

/** What tells AWS's support which request it was. */
const metadataSchema = z.object({
  $metadata: z.object({ requestId: z.string().optional(), httpStatusCode: z.number().optional() }),
});

/** Name, message, stack and causes, a code if there is one, AWS's request id; and nothing else. */
export function loggableError(error: unknown, causesLimit = CAUSES_LIMIT): Error {
  if (!(error instanceof Error)) return new Error(`thrown was no error but: ${typeof error}`);
  const { cause } = error;
  const message = messageOf(error);
  const options = cause instanceof Error &&
    causesLimit > 0 && { cause: loggableError(cause, causesLimit - 1) };
  const { name } = error;
  const stack = `${name}: ${message}${framesOf(error)}`;
  const { requestId, httpStatusCode } = metadataSchema.safeParse(error).data?.$metadata ?? {};
  return Object.assign(new Error(message, options || {}), {
    name,
    stack,
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    ...(requestId !== undefined && { awsRequestId: requestId }),
    ...(httpStatusCode !== undefined && { httpStatusCode }),
  });
}

/** A parser quotes what it stumbled upon. */
function messageOf(error: Error): string {
  return error instanceof SyntaxError ? 'what was read could not be parsed' : error.message;
}

function framesOf({ stack = '' }: Error): string {
  const start = stack.search(/\n {4}at /);
  return start === -1 ? '' : stack.slice(start);
}
