/** Loads the OAuth client for the first token: few endpoints need one. */
import type { TokenIssuer } from '../relay/ports/outgoing.ts';
import type { AddressGuard } from './http/address-guard.ts';

export function lazyOAuthTokens(guard: AddressGuard): TokenIssuer {
  let loaded: Promise<TokenIssuer> | undefined;
  return {
    async issue(client, timeoutMs) {
      loaded ??= load(guard);
      return (await loaded).issue(client, timeoutMs);
    },
  };
}

async function load(guard: AddressGuard): Promise<TokenIssuer> {
  const { OAuthTokens } = await import('./oauth/oauth-tokens.ts');
  return new OAuthTokens(guard);
}
