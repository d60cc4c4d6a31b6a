/** The relays that an operator can reach: local ones by their port, deployed ones by their stack. */
import { AddressGuard } from '../node/http/address-guard.ts';
import { HttpSender } from '../node/http/http-sender.ts';
import type { FoundRelay, Relays } from '../operator/connection.ts';
import { explainAwsFailure } from './aws-failure.ts';
import type { AwsRelay } from './aws-relay.ts';
import { connect } from './connect.ts';
import { findDeployedStack } from './deployed-stack.ts';
import { awsDiagnostics } from './diagnostics/aws-diagnostics.ts';
import { explainFileFailure } from './file-failure.ts';
import { findLocalRelay } from './local-relay.ts';

const EVERY_ADDRESS = ['0.0.0.0/0', '::/0'];

export const relays: Relays = {
  findLocal: findLocalRelay,
  findStack: async (name) => found(await findDeployedStack(name)),
  localSender: () => new HttpSender(new AddressGuard(EVERY_ADDRESS)),
  explainFailure: (error) => explainFileFailure(error) ?? explainAwsFailure(error),
};

function found(relay: AwsRelay): FoundRelay {
  return { relay, connect: (warn) => connect(relay, warn), diagnostics: () => awsDiagnostics(relay) };
}
