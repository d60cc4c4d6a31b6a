/** What an endpoint is: a URL that wants the webhooks, as its row in the Config table describes it. */
import * as z from 'zod';
import { type EndpointId, FAN_OUT, type SourceId } from './ids.ts';

/** `#` parts the keys that an endpoint's id is put into. */
export const endpointIdSchema = z
  .string()
  .regex(/^[^#\p{C}]{1,64}$/u, 'must be 1 to 64 visible characters, without #')
  .refine((id) => id !== FAN_OUT, `must not be ${FAN_OUT}, which has lists of its own`)
  .transform((id) => id as EndpointId);

const urlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an absolute http or https URL', abort: true })
  .refine((url) => {
    const { username, password } = new URL(url);
    return username === '' && password === '';
  }, 'must not carry a user name or password');

/** Room for a message with all its cases; what is longer is a program, and nobody reads it in a row. */
const EXPRESSION_LENGTH = 8 * 1024;
/** That it is JSONata is checked where it is written: few functions ever load what could tell. */
const expressionSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(EXPRESSION_LENGTH, `must be at most ${EXPRESSION_LENGTH} characters`)
  .optional();

/** The row as a person may write it: everything but `id` and `url` has a default. */
export const endpointSchema = z.strictObject({
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
  description: z.string().optional(),
  createdAt: z.string().optional(),
  updatedAt: z.string().optional(),
});

export type Endpoint = z.output<typeof endpointSchema>;

/** True for an endpoint that hears a source. */
export function hears(endpoint: Endpoint, source: SourceId): boolean {
  return endpoint.sources === undefined || endpoint.sources.includes(source);
}
