/** Opens what requests to endpoints need: the HTTP sender, secrets, OAuth tokens and expressions. */
import { ProcessExpressions } from '../node/expressions/process-expressions.ts';
import { AddressGuard } from '../node/http/address-guard.ts';
import { HttpSender } from '../node/http/http-sender.ts';
import { OAuthTokens } from '../node/oauth/oauth-tokens.ts';
import { MachineSecrets } from '../node/secrets/machine-secrets.ts';
import type { Clock } from '../relay/model/clock.ts';
import { SecretCache } from '../relay/secrets/secret-cache.ts';

/**
 * Forty orders in fan-out use so many connections to fifty endpoints. With 200, nine of ten of their requests opened a new
 * one, and an event took a fifth more CPU.
 */
const MOST_IDLE_CONNECTIONS = 2_000;

/** @throws Error naming a block that is not complete and exact CIDR notation */
export function openOutgoing(clock: Clock, allowedCidrs: readonly string[]) {
  const guard = new AddressGuard(allowedCidrs);
  const sender = new HttpSender(guard, MOST_IDLE_CONNECTIONS);
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
