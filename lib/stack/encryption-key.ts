/** A key of the account's own, for a deployer who wants to see and to end its use. */
import { RemovalPolicy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import type { StackConfig } from './config.ts';
import { nameLogically } from './logical-id.ts';

export class EncryptionKey extends Construct {
  /** Absent when AWS's own keys do. */
  readonly key: Key | undefined;

  constructor(scope: Construct, id: string, settings: Pick<StackConfig, 'encryptionKey' | 'removalPolicy'>) {
    super(scope, id);
    if (settings.encryptionKey === 'aws') return;
    this.key = new Key(this, 'Key', {
      description: 'Encrypts what the Sensaria relay keeps',
      enableKeyRotation: true,
      // Without it, tables that are kept could never be read again.
      removalPolicy: settings.removalPolicy === 'retain' ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    nameLogically(this.key, 'EncryptionKey');
  }
}
