/**
 * Copies an error without its data. The logger writes every property of an error, and errors of the AWS SDK and of
 * parsers contain their input, which may be an order with the customer's name.
 */
import * as z from '../relay/model/zod.ts';

/** No error of the relay has more nested causes. */
const CAUSES_LIMIT = 5;

/** AWS support asks for the request id. */
const metadataSchema = z.object({
  $metadata: z.object({ requestId: z.optional(z.string()), httpStatusCode: z.optional(z.number()) }),
});

/**
 * Keeps only name, message, stack, causes, code and AWS's request id.
 * @param framesFor translates the frames of a stack for the log
 */
export function loggableError(
  error: unknown,
  framesFor = (frames: string) => frames,
  causesLimit = CAUSES_LIMIT,
): Error {
  if (!(error instanceof Error)) return new Error(`thrown was no error but: ${typeof error}`);
  const { cause } = error;
  const message = messageOf(error);
  const options = cause instanceof Error &&
    causesLimit > 0 && { cause: loggableError(cause, framesFor, causesLimit - 1) };
  const { name } = error;
  const stack = `${name}: ${message}${framesFor(framesOf(error))}`;
  const { requestId, httpStatusCode } = metadataSchema.safeParse(error).data?.$metadata ?? {};
  return Object.assign(new Error(message, options || {}), {
    name,
    stack,
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    ...(requestId !== undefined && { awsRequestId: requestId }),
    ...(httpStatusCode !== undefined && { httpStatusCode }),
  });
}

/** A SyntaxError's message quotes the input. */
function messageOf(error: Error): string {
  return error instanceof SyntaxError ? 'what was read could not be parsed' : error.message;
}

function framesOf({ stack = '' }: Error): string {
  const start = stack.search(/\n {4}at /);
  return start === -1 ? '' : stack.slice(start);
}
