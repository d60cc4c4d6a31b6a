/** An endpoint: a URL that receives webhooks, and its settings in the Config table. */
import * as z from 'zod';
import type { EventRecord } from '../model/event.ts';
import { type EndpointId, FAN_OUT, NOTICES, type SourceId, TESTS } from '../model/ids.ts';
import { authSchema } from './auth.ts';
import { customHeadersSchema } from './custom-headers.ts';
import { certificateSchema, isKeyOf, privateKeySchema } from './pem.ts';
import { previousSecretsSchema, signingSecretSchema } from './signing-secret.ts';
import { endpointUrlSchema, hasPlaceholder } from './url.ts';

/** `#` is not allowed, because it separates the parts of keys that contain an endpoint id. */
export const endpointIdSchema = z
  .string()
  .regex(/^[^#\p{C}]{1,64}$/u, 'must be 1 to 64 visible characters, without #')
  .refine((id) => id !== FAN_OUT, `must not be ${FAN_OUT}, which has lists of its own`)
  .transform((id) => id as EndpointId);

/** Enough for a message with many cases. */
const EXPRESSION_LENGTH = 8 * 1024;
/** The CLI checks the syntax. The functions do not: most of them never load a JSONata parser. */
const expressionSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(EXPRESSION_LENGTH, `must be at most ${EXPRESSION_LENGTH} characters`)
  .optional();

/** The row as a person may write it. Only `id` and `url` are required. */
export const endpointSchema = z
  .strictObject({
    id: endpointIdSchema,
    url: endpointUrlSchema,
    /** `append`: as the Hub does, unless the URL contains `{orderid}`. `none`: the URL does not change. */
    orderId: z.enum(['append', 'none'], { error: 'must be append or none' }).default('append'),
    /** `paused` parks deliveries until the endpoint is `enabled` again. `disabled` cancels them. */
    state: z.enum(['enabled', 'paused', 'disabled']).default('enabled'),
    /** The sources that the endpoint is subscribed to; all when absent. */
    sources: z.array(z.string().transform((id) => id as SourceId)).optional(),
    /** `latest`: the newest event of an order supersedes older ones. `strict`: every event, one after the other. `none`: every event at once. */
    ordering: z.enum(['latest', 'strict', 'none']).default('latest'),
    /** Limits one attempt: name lookup, connection, request and answer. */
    timeoutSeconds: z.number().min(1).max(30).default(10),
    /** A delivery is dead after this many failed attempts. */
    maxAttempts: z.int().min(1).max(100).default(10),
    /** Requests per second at most, on average, across all functions. */
    rateLimitPerSecond: z.number().min(0.01).max(1_000).optional(),
    /** JSONata. The endpoint receives the events for which it is true. */
    filter: expressionSchema,
    /** JSONata. Its result is sent instead of the webhook's body. */
    transform: expressionSchema,
    /** JSONata over the answer. A request succeeded if it is true; without it, if the status is 2xx. */
    success: expressionSchema,
    /** Replaces the webhook's content type, or that of the transform's result: by default JSON or text. */
    contentType: z
      .string()
      .max(200, 'must be at most 200 characters')
      .regex(/^[^\s/;]+\/[^\s/;]+( *;[ -~]*)?$/, 'must be a media type such as application/json')
      .regex(/^[ -~]+$/, 'must be a media type such as application/json')
      .optional(),
    /** Headers that are added to each request. */
    headers: customHeadersSchema.optional(),
    /** How requests are authenticated. */
    auth: authSchema.optional(),
    /** The relay's certificate for servers that want one (mutual TLS), and its key. */
    clientCertificate: certificateSchema.optional(),
    clientKey: privateKeySchema.optional(),
    /** The authority that the server's certificate must be from, instead of the public ones. */
    caCertificate: certificateSchema.optional(),
    /** The secret that signs requests. */
    signingSecret: signingSecretSchema.optional(),
    /** Replaced secrets, newest first. Until its time, each signs requests beside the current one. */
    previousSigningSecrets: previousSecretsSchema.optional(),
    /** An event is sent once its order had no newer event for this time. The maximum is the longest delay of SQS. */
    debounceSeconds: z.int().min(1).max(900).optional(),
    /** Skip an event whose order is identical to the previous event's, if the endpoint received or skipped that one. */
    skipUnchanged: z.boolean().default(false),
    /** Receive notices: endpoint failing, dead deliveries, no webhooks from the Hub. */
    notices: z.boolean().default(false),
    description: z.string().optional(),
    createdAt: z.string().optional(),
    updatedAt: z.string().optional(),
  })
  .superRefine(({ headers = {}, auth }, context) => {
    if (auth === undefined) return;
    const own = auth.type === 'header' ? auth.name.toLowerCase() : 'authorization';
    for (const name of Object.keys(headers)) {
      if (![own, 'authorization'].includes(name.toLowerCase())) continue;
      context.addIssue({ code: 'custom', path: ['headers'], message: `must not have ${name} beside auth` });
    }
  })
  .refine(
    ({ clientCertificate, clientKey }) => (clientCertificate === undefined) === (clientKey === undefined),
    {
      path: ['clientCertificate'],
      error: 'goes together with clientKey alone: set both or none',
    },
  )
  .refine(({ clientCertificate = '', clientKey = '' }) => isKeyOf(clientCertificate, clientKey), {
    path: ['clientKey'],
    error: 'is not the key of clientCertificate',
  })
  .refine(({ url, orderId }) => orderId !== 'none' || !hasPlaceholder(url), {
    path: ['orderId'],
    error: 'must not be none beside a URL with {orderid}',
  })
  .refine(({ ordering, debounceSeconds }) => ordering === 'latest' || debounceSeconds === undefined, {
    path: ['debounceSeconds'],
    error: 'goes with the ordering latest alone, for it leaves out all but the newest',
  });

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
