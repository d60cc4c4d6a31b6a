/** The CDK app: builds the stack from the context of cdk.json and `-c key=value`. */
import { Annotations, App } from 'aws-cdk-lib';
import { ConfigurationError, misspeltKeys, readConfig } from '../lib/stack/config.ts';
import { RelayStack } from '../lib/stack/relay-stack.ts';

const app = new App();
try {
  const context = app.node.getAllContext();
  const stack = new RelayStack(app, readConfig(context));
  for (const [index, warning] of misspeltKeys(context).entries())
    Annotations.of(stack).addWarningV2(`sensaria-relay:misspelt-${index}`, warning);
} catch (error) {
  if (!(error instanceof ConfigurationError)) throw error;
  console.error(error.message);
  process.exit(1);
}
