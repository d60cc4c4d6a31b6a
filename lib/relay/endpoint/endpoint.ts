/** What an endpoint is: a URL that wants the webhooks, as its row in the Config table describes it. */
import * as z from 'zod';
import type { EventRecord } from '../model/event.ts';
import { type EndpointId, FAN_OUT, NOTICES, type SourceId, TESTS } from '../model/ids.ts';
import { authSchema } from './auth.ts';
import { customHeadersSchema } from './custom-headers.ts';
import { signingSecretSchema } from './signing-secret.ts';
import { urlSchema } from './url.ts';

/** `#` parts the keys that an endpoint's id is put into. */
export const endpointIdSchema = z
  .string()
  .regex(/^[^#\p{C}]{1,64}$/u, 'must be 1 to 64 visible characters, without #')
  // Outcomes are an object with a key for each endpoint.
  .refine((id) => !(id in {}), 'must not be a name that every object has, such as constructor')
  .refine((id) => id !== FAN_OUT, `must not be ${FAN_OUT}, which has lists of its own`)
  .transform((id) => id as EndpointId);

/** Room for a message with all its cases; what is longer is a program, and nobody reads it in a row. */
const EXPRESSION_LENGTH = 8 * 1024;
/** That it is JSONata is checked where it is written: few functions ever load what could tell. */
const expressionSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(EXPRESSION_LENGTH, `must be at most ${EXPRESSION_LENGTH} characters`)
  .optional();

/** The row as a person may write it: everything but `id` and `url` has a default. */
export const endpointSchema = z
  .strictObject({
    id: endpointIdSchema,
    url: urlSchema,
    /** `on`; `paused` parks everything until it is on again; `off` cancels. */
    state: z.enum(['on', 'paused', 'off']).default('on'),
    /** Which sources it hears; all when absent. */
    sources: z.array(z.string().transform((id) => id as SourceId)).optional(),
    /** What it gets of the events of one order: the newest that can be had, every one in turn, or every one as it comes. */
    ordering: z.enum(['latest', 'strict', 'none']).default('latest'),
    /** Over one whole attempt. */
    timeoutSeconds: z.number().min(1).max(30).default(10),
    /** How often a delivery is tried before it is dead. */
    maxAttempts: z.int().min(1).max(100).default(10),
    /** So many requests in a second at most, on average, over all functions. */
    rateLimitPerSecond: z.number().min(0.01).max(1_000).optional(),
    /** JSONata: which events it wants. */
    filter: expressionSchema,
    /** JSONata: what it is sent instead of the body that came. */
    transform: expressionSchema,
    /** Of what the transform gives, if not what follows from that. */
    contentType: z
      .string()
      .max(200, 'must be at most 200 characters')
      .regex(/^[^\s/;]+\/[^\s/;]+( *;[ -~]*)?$/, 'must be a media type such as application/json')
      .regex(/^[ -~]+$/, 'must be a media type such as application/json')
      .optional(),
    /** What its requests carry beside the relay's own headers. */
    headers: customHeadersSchema.optional(),
    /** How the relay shows it who it is. */
    auth: authSchema.optional(),
    /** What its requests are signed with: the newest first, and the one before while it is being replaced. */
    signingSecrets: z
      .array(signingSecretSchema, { error: 'must be a list' })
      .min(1, 'must be one or two')
      .max(2, 'must be one or two')
      .optional(),
    /** After that moment, the first of the signing secrets alone is used. */
    previousSecretUntil: z.iso
      .datetime({ offset: true, error: 'must be a time in ISO 8601' })
      .transform((text) => new Date(text))
      .optional(),
    /** Sent only once its order has been quiet for so long, which leaves the newest alone: at most SQS's longest delay. */
    debounceSeconds: z.int().min(1).max(900).optional(),
    /** Not sent when it says the same as the event before, and the endpoint has had, or did not want, that one. */
    skipUnchanged: z.boolean().default(false),
    /** Whether it gets the relay's own news: an endpoint that is down, deliveries that are dead, a Hub that is silent. */
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
  .refine(({ ordering, debounceSeconds }) => ordering === 'latest' || debounceSeconds === undefined, {
    path: ['debounceSeconds'],
    error: 'goes with the ordering latest alone, for it leaves out all but the newest',
  });

export type Endpoint = z.output<typeof endpointSchema>;

/** True for an endpoint that hears a source. Of the relay's own, it is the event that says whom it is for. */
export function isSubscribedTo({ sources }: Pick<Endpoint, 'sources'>, source: SourceId): boolean {
  return sources === undefined || sources.includes(source) || source === NOTICES || source === TESTS;
}

/** True for an endpoint that an event is meant for. */
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
