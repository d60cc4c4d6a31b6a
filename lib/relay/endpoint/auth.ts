/** The attribute `auth` of an endpoint's row: how requests to the endpoint are authenticated. */
import * as z from '../model/zod.ts';
import { faultOfName, isHeaderValue } from './header.ts';
import { isReference, secretSchema } from './secret.ts';
import { tokenParametersSchema } from './token-parameters.ts';
import { urlSchema } from './url.ts';

/** `body` is called `client_secret_post` elsewhere. */
const SECRET_PLACES = ['basic', 'basic-unencoded', 'body'] as const;
export const AUTH_TYPES = ['basic', 'bearer', 'header', 'oauth2'] as const;

/** A secret that is used as a header value without change. */
const headerSecretSchema = secretSchema.check(
  z.refine(
    (text) => isReference(text) || isHeaderValue(text),
    'must be visible ASCII characters, spaces and tabs',
  ),
);

/** RFC 7617 allows no control characters in user name and password, and no colon in the user name. */
const basicTextSchema = secretSchema.check(
  z.refine((text) => !/\p{Cc}/u.test(text), 'must have no control characters'),
);

const nameSchema = z.string().check(
  z.refine((name) => faultOfName(name) !== 'malformed', 'must be letters, digits and hyphens'),
  z.refine((name) => faultOfName(name) !== 'reserved', 'must not be a header that the relay sets itself'),
);

const textSchema = z.string().check(z.minLength(1, 'must not be empty'));

/** HTTP Basic (RFC 7617). */
const basicSchema = z.strictObject({
  type: z.literal('basic'),
  username: basicTextSchema.check(
    z.refine((name) => isReference(name) || !name.includes(':'), 'must have no colon'),
  ),
  password: basicTextSchema,
});

/** A static bearer token (RFC 6750). */
const bearerSchema = z.strictObject({ type: z.literal('bearer'), token: headerSecretSchema });

/** An API key in a header of the endpoint's choice. */
const headerSchema = z.strictObject({
  type: z.literal('header'),
  name: nameSchema,
  value: headerSecretSchema,
});

/** OAuth 2.0 client credentials (RFC 6749, section 4.4): the relay fetches its tokens itself. */
const oauth2Schema = z.strictObject({
  type: z.literal('oauth2'),
  tokenUrl: urlSchema,
  clientId: textSchema,
  clientSecret: secretSchema,
  scope: z.optional(textSchema),
  /** Not part of the standard. Some servers require it. */
  audience: z.optional(textSchema),
  /** Such as `resource`. */
  parameters: z.optional(tokenParametersSchema),
  /** How the client secret is sent: in a Basic header with form encoding (RFC 6749) or without, or in the body. */
  secretIn: z.optional(z.enum(SECRET_PLACES, `must be ${SECRET_PLACES.join(', ')}`)),
});

export const authSchema = z.discriminatedUnion(
  'type',
  [basicSchema, bearerSchema, headerSchema, oauth2Schema],
  `must have a type: ${AUTH_TYPES.slice(0, -1).join(', ')} or ${AUTH_TYPES.at(-1)}`,
);

export type Auth = z.output<typeof authSchema>;
export type OAuth2 = Extract<Auth, { readonly type: 'oauth2' }>;
