/** Rebuilds the request of an attempt with its secrets masked. */
import type { Auth } from '../../relay/endpoint/auth.ts';
import type { EventRecord, Payload } from '../../relay/model/event.ts';
import type { OutgoingRequest } from '../../relay/ports/outgoing.ts';
import { buildRequest } from '../../relay/sending/request.ts';
import { MASK, type MaskedEndpoint } from './masked-endpoint.ts';

/** @param at the time of the attempt */
export function maskedRequest(
  endpoint: MaskedEndpoint,
  event: EventRecord,
  content: Payload,
  at: Date,
): Pick<OutgoingRequest, 'url' | 'headers' | 'body'> {
  const { headers, auth, signingSecret, previousSigningSecrets = [] } = endpoint;
  const credentials = { headers: { ...headers, ...authHeader(auth) }, signingKeys: [] };
  const timeoutMs = endpoint.timeoutSeconds * 1000;
  const request = buildRequest(endpoint, event, content, { credentials, now: at, timeoutMs });
  const signatures = [signingSecret, ...previousSigningSecrets.filter(({ until }) => until > at)];
  const signature = signingSecret !== undefined && {
    'webhook-signature': signatures.map(() => `v1,${MASK}`).join(' '),
  };
  return { url: request.url, headers: { ...request.headers, ...signature }, body: request.body };
}

function authHeader(auth: Auth | undefined): Readonly<Record<string, string>> {
  switch (auth?.type) {
    case undefined:
      return {};
    case 'basic':
      return { authorization: `Basic ${MASK}` };
    case 'bearer':
    case 'oauth2':
      return { authorization: `Bearer ${MASK}` };
    case 'header':
      return { [auth.name]: auth.value };
  }
}
