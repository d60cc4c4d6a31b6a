/** Secrets and tokens as a function has them: over the network, in their own time, or not at all. */

import { SecretError, TokenError } from '../../lib/relay/ports/outgoing.ts';
import { SecretCache } from '../../lib/relay/secrets/secret-cache.ts';
import type { Environment } from './environment.ts';
import type { Faults } from './faults.ts';
import type { Scheduler } from './scheduler.ts';

/** Credentials that some endpoints of a run require. */
export const CREDENTIALS: Readonly<Record<string, object>> = {
  erp: { headers: { 'x-key': 'ssm:/erp/key' } },
  audit: {
    auth: {
      type: 'oauth2',
      tokenUrl: 'https://tokens/',
      clientId: 'relay',
      clientSecret: 'ssm:/audit/secret',
    },
  },
};

/** An environment keeps its secrets from one invocation to the next. */
export function secretCacheOf({ clock }: Environment, scheduler: Scheduler, faults: Faults): SecretCache {
  const take = async (timeoutMs: number, fails: boolean, failure: (why: string) => Error) => {
    const takesMs = faults.strikes('call took seconds')
      ? scheduler.between(500, 6_000)
      : scheduler.between(1, 50);
    await clock.sleep(Math.min(takesMs, timeoutMs));
    if (takesMs >= timeoutMs) throw failure('timeout');
    if (fails) throw failure('not now');
  };
  return new SecretCache({
    clock,
    secrets: {
      async read(parameter, timeoutMs) {
        await take(timeoutMs, faults.strikes('secret not read'), (why) => new SecretError(why));
        return `value of ${parameter}`;
      },
    },
    tokenIssuer: {
      async issue(_, timeoutMs) {
        await take(timeoutMs, faults.strikes('no token'), (why) => new TokenError(why));
        return { value: 'token', expiresInSeconds: 90 };
      },
    },
  });
}
