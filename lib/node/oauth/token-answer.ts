/** Reads a token server's answer, in the forms that real servers use. */
import * as z from '../../relay/model/zod.ts';
import { type Token, type TokenClient, TokenError } from '../../relay/ports/outgoing.ts';
import type { Answer } from '../http/guarded-post.ts';
import { formEncoded } from './form-encoded.ts';
import { withoutSecrets } from './without-secrets.ts';

const UNAUTHORIZED = 401;
/** The relay sends every token as a bearer token. These types need a proof of possession, which it does not make. */
const UNUSABLE_TYPES = ['mac', 'pop', 'dpop'];

/** https://www.rfc-editor.org/rfc/rfc6749#section-5.2. They tell nothing, even when a secret contains the same word. */
const STANDARD_ERRORS = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
]);

/** Shorter parameters, such as `v=2`, are no secrets. */
const SHORTEST_SECRET = 8;

/** Built for the first answer: most relays use no token server. */
function newAnswerSchema() {
  const text = z.catch(z.optional(z.string().check(z.minLength(1))), undefined);
  /** Some servers write a number as text. An odd lifetime is as good as none. */
  const seconds = z.catch(
    z.optional(
      z.pipe(
        z.union([z.number(), z.pipe(z.string().check(z.regex(/^\d{1,9}$/)), z.transform(Number))]),
        z.number().check(z.positive()),
      ),
    ),
    undefined,
  );
  return z.object({
    access_token: text,
    token_type: text,
    expires_in: seconds,
    /** A code, or Google's object. */
    error: z.catch(z.optional(z.union([z.string(), z.object({ status: text, message: text })])), undefined),
    error_description: text,
    /** Okta's names. */
    errorCode: text,
    errorSummary: text,
  });
}

let answerSchema: ReturnType<typeof newAnswerSchema> | undefined;

/** @throws TokenError when the answer has no token; the message shows the server's reason, and contains no secret */
export function readTokenAnswer(answer: Answer, client: TokenClient): Token {
  answerSchema ??= newAnswerSchema();
  const fields = answerSchema.safeParse(fieldsOf(answer)).data ?? {};
  const { access_token, token_type = 'bearer', expires_in } = fields;
  if (answer.status < 200 || answer.status > 299 || access_token === undefined)
    throw refusal(answer, fields, client);
  if (UNUSABLE_TYPES.includes(token_type.toLowerCase()))
    throw new TokenError('the token server gives no bearer token');
  if (!/^[\x21-\x7e]+$/.test(access_token)) throw new TokenError('the token is not what a header can hold');
  return { value: access_token, ...(expires_in !== undefined && { expiresInSeconds: expires_in }) };
}

/** JSON, or a form as some servers answer. */
function fieldsOf({ text: body }: Answer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return Object.fromEntries(new URLSearchParams(body));
  }
}

function refusal(
  { status }: Answer,
  {
    error,
    error_description,
    errorCode,
    errorSummary,
  }: Partial<z.output<ReturnType<typeof newAnswerSchema>>>,
  client: TokenClient,
): TokenError {
  const nested = typeof error === 'object' ? error : {};
  const code = (typeof error === 'string' ? error : nested.status) ?? errorCode ?? '';
  const description = error_description ?? errorSummary ?? nested.message ?? '';
  const isRefusal = status === UNAUTHORIZED || code.startsWith('invalid_client');
  const reason = reasonText(code, description, client);
  if (reason === '' && status >= 200 && status <= 299)
    return new TokenError('the token server’s answer holds no token', { isRefusal });
  return new TokenError(`the token server answered ${status}${reason}`, { isRefusal });
}

/** ` invalid_client: Unknown client`; empty when the server says nothing that may be shown. */
function reasonText(code: string, description: string, client: TokenClient): string {
  const { clientId, clientSecret, parameters = {} } = client;
  const pairs = [`${clientId}:${clientSecret}`, [clientId, clientSecret].map(formEncoded).join(':')];
  const inBase64 = pairs.flatMap((pair) => [
    Buffer.from(pair).toString('base64'),
    Buffer.from(pair).toString('base64url'),
  ]);
  const longParameters = Object.values(parameters).filter(({ length }) => length >= SHORTEST_SECRET);
  const shown = (said: string) => withoutSecrets(said, [clientSecret, ...inBase64, ...longParameters]);
  const ownCode = /^[\w.-]{1,64}$/.test(code) ? shown(code) : '';
  const shownCode = STANDARD_ERRORS.has(code) ? code : ownCode;
  const shownDescription = shown(description);
  return `${shownCode && ` ${shownCode}`}${shownDescription && `: ${shownDescription}`}`;
}
