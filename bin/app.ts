/** The CDK app: builds the stack from the context of cdk.json and `-c key=value`. */
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
