/** A customer managed key, for a deployer who wants to audit and revoke its use. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { StackConfig } from './config.ts';
import { setLogicalId } from './logical-id.ts';

export class EncryptionKey extends Construct {
  /** Undefined when AWS-owned keys encrypt the data. */
  readonly key: Key | undefined;

  constructor(scope: Construct, id: string, settings: Pick<StackConfig, 'encryptionKey' | 'removalPolicy'>) {
    super(scope, id);
    if (settings.encryptionKey === 'aws') return;
    this.key = new Key(this, 'Key', {
      description: 'Encrypts the tables and queues of the Sensaria relay',
      enableKeyRotation: true,
      // Without the key, retained tables would be unreadable.
      removalPolicy: settings.removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    setLogicalId(this.key, 'EncryptionKey');
  }
}
