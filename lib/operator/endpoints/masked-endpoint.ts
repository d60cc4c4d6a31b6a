/** An endpoint as it may be shown: with no secret in it. All that an operator gets to see of one goes through here. */
import type { Auth } from '../../relay/endpoint/auth.ts';
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { isReference } from '../../relay/endpoint/secret.ts';

declare const masked: unique symbol;
/** Only {@link maskEndpoint} makes one: what shows endpoints asks for these, and so cannot be given others. */
export type MaskedEndpoint = Endpoint & { readonly [masked]: true };

/** What stands in the place of a secret. */
export const MASK = '***';

/** Every value of a header counts as a secret: which ones are, nobody can tell. */
export function maskEndpoint(endpoint: Endpoint): MaskedEndpoint {
  const { headers, auth, signingSecrets } = endpoint;
  return {
    ...endpoint,
    ...(headers !== undefined && {
      headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, mask(value)])),
    }),
    ...(auth !== undefined && { auth: maskAuth(auth) }),
    ...(signingSecrets !== undefined && { signingSecrets: signingSecrets.map(mask) }),
  } as MaskedEndpoint;
}

function maskAuth(auth: Auth): Auth {
  switch (auth.type) {
    case 'basic':
      return { ...auth, password: mask(auth.password) };
    case 'bearer':
      return { ...auth, token: mask(auth.token) };
    case 'header':
      return { ...auth, value: mask(auth.value) };
    case 'oauth2':
      return { ...auth, clientSecret: mask(auth.clientSecret) };
  }
}

/** A reference says where a secret is, and is none. */
function mask(secret: string): string {
  return isReference(secret) ? secret : MASK;
}
