/** Opens what requests to endpoints need: the HTTP sender, secrets, OAuth tokens and expressions. */
import { ProcessExpressions } from '../node/expressions/process-expressions.ts';
import { AddressGuard } from '../node/http/address-guard.ts';
import { HttpSender } from '../node/http/http-sender.ts';
import { OAuthTokens } from '../node/oauth/oauth-tokens.ts';
import { MachineSecrets } from '../node/secrets/machine-secrets.ts';
import type { Clock } from '../relay/model/clock.ts';
import { SecretCache } from '../relay/secrets/secret-cache.ts';

/** @throws Error naming a block that is not complete and exact CIDR notation */
export function openOutgoing(clock: Clock, allowedCidrs: readonly string[]) {
  const guard = new AddressGuard(allowedCidrs);
  const sender = new HttpSender(guard);
  const expressions = new ProcessExpressions();
  return {
    sender,
    secretCache: new SecretCache({
      clock,
      secrets: new MachineSecrets(),
      tokenIssuer: new OAuthTokens(guard),
    }),
    expressions,
    close() {
      sender.close();
      expressions.close();
    },
  };
}
