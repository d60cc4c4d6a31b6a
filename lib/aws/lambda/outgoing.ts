/** Opens the HTTP sender, and the cache of the secrets and OAuth tokens that requests need. */

import { AddressGuard } from '../../node/http/address-guard.ts';
import { HttpSender } from '../../node/http/http-sender.ts';
import { OAuthTokens } from '../../node/oauth/oauth-tokens.ts';
import type { Clock } from '../../relay/model/clock.ts';
import { SecretError, type Secrets } from '../../relay/ports/outgoing.ts';
import { SecretCache } from '../../relay/secrets/secret-cache.ts';

export interface OutgoingOptions {
  readonly clock: Clock;
  readonly environment: {
    readonly ALLOWED_CIDRS: readonly string[];
    readonly PARAMETER_STORE: 'ssm' | 'none';
  };
}

export function openOutgoing({ clock, environment }: OutgoingOptions) {
  const guard = new AddressGuard(environment.ALLOWED_CIDRS);
  const secrets = environment.PARAMETER_STORE === 'ssm' ? lazySsmSecrets() : NO_PARAMETER_STORE;
  return {
    sender: new HttpSender(guard),
    secretCache: new SecretCache({ clock, secrets, tokenIssuer: new OAuthTokens(guard) }),
  };
}

const NO_PARAMETER_STORE: Secrets = {
  async read() {
    throw new SecretError('there is no Parameter Store here');
  },
};

/** Loads the SSM client at the first read: most relays refer to no secret. */
function lazySsmSecrets(): Secrets {
  let loaded: Promise<Secrets> | undefined;
  return {
    async read(reference, timeoutMs) {
      loaded ??= loadSsmSecrets();
      return (await loaded).read(reference, timeoutMs);
    },
  };
}

async function loadSsmSecrets(): Promise<Secrets> {
  const { SsmSecrets, ssmClient } = await import('../secrets/ssm-secrets.ts');
  return new SsmSecrets(ssmClient());
}
