/** What the CDK CLI runs: builds the stack out of the context that cdk.json and `-c key=value` give. */
import { App } from 'aws-cdk-lib';
import { ConfigurationError, readConfig } from '../lib/stack/config.ts';
import { RelayStack } from '../lib/stack/relay-stack.ts';

const app = new App();
try {
  new RelayStack(app, readConfig(app.node.getAllContext()));
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exit(1);
}
