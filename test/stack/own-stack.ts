import { Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { Group } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { SensariaRelay } from '../../lib/stack/sensaria-relay.ts';

export class ShopStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const alarms = new Topic(this, 'Alarms');
    const orders = new SensariaRelay(this, 'Orders', { retentionDays: 60, alarmTopicArn: alarms.topicArn });
    const returns = new SensariaRelay(this, 'Returns');
    const analysts = new Group(this, 'Analysts');
    orders.eventLogTable.grantReadData(analysts);
    Tags.of(returns).add('team', 'returns');
  }
}
