/** The relays that an operator can reach: local ones by their port, deployed ones by their stack. */
import type { FoundRelay, Relays } from '../operator/connection.ts';
import { explainAwsFailure } from './aws-failure.ts';
import type { AwsRelay } from './aws-relay.ts';
import { connect } from './connect.ts';
import { findDeployedStack } from './deployed-stack.ts';
import { awsDiagnostics } from './diagnostics/aws-diagnostics.ts';
import { findLocalRelay } from './local-relay.ts';

export const awsRelays: Relays = {
  findLocal: async (port) => found(await findLocalRelay(port)),
  findStack: async (name) => found(await findDeployedStack(name)),
  explainFailure: explainAwsFailure,
};

function found(relay: AwsRelay): FoundRelay {
  return { relay, connect: (warn) => connect(relay, warn), diagnostics: () => awsDiagnostics(relay) };
}
