/** Masks the secrets of an endpoint. Every endpoint that the CLI shows is masked here. */
import type { Auth } from '../../relay/endpoint/auth.ts';
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { isReference } from '../../relay/endpoint/secret.ts';

declare const masked: unique symbol;
/** Only {@link maskEndpoint} creates one. Functions that show endpoints accept no other type. */
export type MaskedEndpoint = Endpoint & { readonly [masked]: true };

/** Replaces a secret. */
export const MASK = '***';

/** Masks every value of headers and token parameters, because any of them can be a secret. */
export function maskEndpoint(endpoint: Endpoint): MaskedEndpoint {
  const { headers, auth, signingSecret, previousSigningSecrets } = endpoint;
  return {
    ...endpoint,
    ...(headers !== undefined && {
      headers: maskValues(headers),
    }),
    ...(auth !== undefined && { auth: maskAuth(auth) }),
    ...(endpoint.clientKey !== undefined && { clientKey: mask(endpoint.clientKey) }),
    ...(signingSecret !== undefined && { signingSecret: mask(signingSecret) }),
    ...(previousSigningSecrets !== undefined && {
      previousSigningSecrets: previousSigningSecrets.map((one) => ({ ...one, secret: mask(one.secret) })),
    }),
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
      return {
        ...auth,
        clientSecret: mask(auth.clientSecret),
        ...(auth.parameters !== undefined && { parameters: maskValues(auth.parameters) }),
      };
  }
}

function maskValues(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, mask(value)]));
}

/** A reference names a secret and is not one itself. */
function mask(secret: string): string {
  return isReference(secret) ? secret : MASK;
}
