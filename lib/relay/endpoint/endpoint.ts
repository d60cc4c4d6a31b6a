/** An endpoint: a URL that receives webhooks, and its settings in the Config table. */
import type { EventRecord } from '../model/event.ts';
import { NOTICES, type SourceId, TESTS } from '../model/ids.ts';
import * as z from '../model/zod.ts';
import { authSchema } from './auth.ts';
import { customHeadersSchema } from './custom-headers.ts';
import { endpointIdSchema } from './endpoint-id.ts';
import { certificateSchema, isKeyOf, privateKeySchema } from './pem.ts';
import { previousSecretsSchema, signingSecretSchema } from './signing-secret.ts';
import { endpointUrlSchema, hasPlaceholder } from './url.ts';

/** Enough for a message with many cases. */
const EXPRESSION_LENGTH = 8 * 1024;
/** The CLI checks the syntax. The functions do not: most of them never load a JSONata parser. */
const expressionSchema = z.optional(
  z
    .string()
    .check(
      z.minLength(1, 'must not be empty'),
      z.maxLength(EXPRESSION_LENGTH, `must be at most ${EXPRESSION_LENGTH} characters`),
    ),
);

const textSchema = z.optional(z.string());
const flagSchema = z._default(z.boolean(), false);

/** The row as a person may write it. Only `id` and `url` are required. */
export const endpointSchema = z
  .strictObject({
    id: endpointIdSchema,
    url: endpointUrlSchema,
    /** `append`: as the Hub does, unless the URL contains `{orderid}`. `none`: the URL does not change. */
    orderId: z._default(z.enum(['append', 'none'], { error: 'must be append or none' }), 'append'),
    /** `paused` parks deliveries until the endpoint is `enabled` again. `disabled` cancels them. */
    state: z._default(z.enum(['enabled', 'paused', 'disabled']), 'enabled'),
    /** The sources that the endpoint is subscribed to; all when absent. */
    sources: z.optional(
      z.array(
        z.pipe(
          z.string(),
          z.transform((id) => id as SourceId),
        ),
      ),
    ),
    /** `latest`: the newest event of an order supersedes older ones. `strict`: every event, one after the other. `none`: every event at once. */
    ordering: z._default(z.enum(['latest', 'strict', 'none']), 'latest'),
    /** Limits one attempt: name lookup, connection, request and answer. */
    timeoutSeconds: z._default(z.number().check(z.minimum(1), z.maximum(30)), 10),
    /** A delivery is dead after this many failed attempts. */
    maxAttempts: z._default(z.int().check(z.minimum(1), z.maximum(100)), 10),
    /** Requests per second at most, on average, across all functions. */
    rateLimitPerSecond: z.optional(z.number().check(z.minimum(0.01), z.maximum(1_000))),
    /** JSONata. The endpoint receives the events for which it is true. */
    filter: expressionSchema,
    /** JSONata. Its result is sent instead of the webhook's body. */
    transform: expressionSchema,
    /** JSONata over the answer. A request succeeded if it is true; without it, if the status is 2xx. */
    success: expressionSchema,
    /** Replaces the webhook's content type, or that of the transform's result: by default JSON or text. */
    contentType: z.optional(
      z
        .string()
        .check(
          z.maxLength(200, 'must be at most 200 characters'),
          z.regex(/^[^\s/;]+\/[^\s/;]+( *;[ -~]*)?$/, 'must be a media type such as application/json'),
          z.regex(/^[ -~]+$/, 'must be a media type such as application/json'),
        ),
    ),
    /** Headers that are added to each request. */
    headers: z.optional(customHeadersSchema),
    /** How requests are authenticated. */
    auth: z.optional(authSchema),
    /** The relay's certificate for servers that want one (mutual TLS), and its key. */
    clientCertificate: z.optional(certificateSchema),
    clientKey: z.optional(privateKeySchema),
    /** The authority that the server's certificate must be from, instead of the public ones. */
    caCertificate: z.optional(certificateSchema),
    /** The secret that signs requests. */
    signingSecret: z.optional(signingSecretSchema),
    /** Replaced secrets, newest first. Until its time, each signs requests beside the current one. */
    previousSigningSecrets: z.optional(previousSecretsSchema),
    /** An event is sent once its order had no newer event for this time. The maximum is the longest delay of SQS. */
    debounceSeconds: z.optional(z.int().check(z.minimum(1), z.maximum(900))),
    /** Skip an event whose order is identical to the previous event's, if the endpoint received or skipped that one. */
    skipUnchanged: flagSchema,
    /** Receive notices: endpoint failing, dead deliveries, no webhooks from the Hub. */
    notices: flagSchema,
    description: textSchema,
    createdAt: textSchema,
    updatedAt: textSchema,
  })
  .check(
    z.superRefine(({ headers = {}, auth }, context) => {
      if (auth === undefined) return;
      const own = auth.type === 'header' ? auth.name.toLowerCase() : undefined;
      for (const name of Object.keys(headers)) {
        if (name.toLowerCase() !== own && name.toLowerCase() !== 'authorization') continue;
        // Stryker disable next-line StringLiteral: no code reads an issue's code
        context.addIssue({ code: 'custom', path: ['headers'], message: `must not have ${name} beside auth` });
      }
    }),
    z.refine(
      ({ clientCertificate, clientKey }) => (clientCertificate === undefined) === (clientKey === undefined),
      {
        path: ['clientCertificate'],
        error: 'goes together with clientKey alone: set both or none',
      },
    ),
    // Stryker disable next-line StringLiteral: every string that is not a certificate has the same effect
    z.refine(({ clientCertificate = '', clientKey = '' }) => isKeyOf(clientCertificate, clientKey), {
      path: ['clientKey'],
      error: 'is not the key of clientCertificate',
    }),
    z.refine(({ url, orderId }) => orderId !== 'none' || !hasPlaceholder(url), {
      path: ['orderId'],
      error: 'must not be none beside a URL with {orderid}',
    }),
    z.refine(({ ordering, debounceSeconds }) => ordering === 'latest' || debounceSeconds === undefined, {
      path: ['debounceSeconds'],
      error: 'goes with the ordering latest alone, for it leaves out all but the newest',
    }),
  );

export type Endpoint = z.output<typeof endpointSchema>;

/** True when the endpoint is subscribed to the source. Notices and tests are not subject to subscriptions. */
export function isSubscribedTo({ sources }: Pick<Endpoint, 'sources'>, source: SourceId): boolean {
  return sources === undefined || sources.includes(source) || source === NOTICES || source === TESTS;
}

/** True when the endpoint should receive the event. */
export function isAddressedTo(
  endpoint: Pick<Endpoint, 'id' | 'sources' | 'notices'>,
  { source, endpointId }: Pick<EventRecord, 'source' | 'endpointId'>,
): boolean {
  switch (source) {
    case TESTS:
      return endpoint.id === endpointId;
    case NOTICES:
      return endpoint.notices && endpoint.id !== endpointId;
    default:
      return isSubscribedTo(endpoint, source);
  }
}
