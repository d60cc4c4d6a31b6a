/** The stack that `npm run deploy` deploys: one relay. */
import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StackConfig } from './config.ts';
import { SensariaRelay } from './sensaria-relay.ts';

export class RelayStack extends Stack {
  constructor(scope: Construct, { stackName, ...settings }: StackConfig) {
    super(scope, stackName, { description: 'Sensaria relay: one webhook address in, every endpoint out' });
    new SensariaRelay(this, 'Relay', { ...settings, relayName: stackName, logicalIdPrefix: '' });
  }
}
