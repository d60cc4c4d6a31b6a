/** The whole relay as one CloudFormation stack: two tables, two queues, four functions, one route, one schedule. */
import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { StackOutputs } from '../contract/template.ts';
import { acknowledge } from './acknowledgements.ts';
import { Alarms } from './alarms.ts';
import type { StackConfig } from './config.ts';
import { Dashboard } from './dashboard.ts';
import { EncryptionKey } from './encryption-key.ts';
import { Functions, payloadRetentionDays, TIMEOUTS } from './functions.ts';
import { Mappings } from './mappings.ts';
import { Queues } from './queues.ts';
import { SweepSchedule } from './sweep-schedule.ts';
import { Tables } from './tables.ts';
import { WebhookApi } from './webhook-api.ts';

export class RelayStack extends Stack {
  constructor(scope: Construct, settings: StackConfig) {
    super(scope, settings.stackName, {
      description: 'Sensaria relay: one webhook address in, every endpoint out',
    });

    const { key } = new EncryptionKey(this, 'Encryption', settings);
    const tables = new Tables(this, 'Tables', { settings, key });
    const queues = new Queues(this, 'Queues', {
      fanOutTimeout: TIMEOUTS.fanOut,
      deliverTimeout: TIMEOUTS.deliver,
      key,
    });
    const functions = new Functions(this, 'Functions', { tables, queues, settings, key });
    new Mappings(this, 'Mappings', { functions, queues, settings });
    const schedule = new SweepSchedule(this, 'SweepSchedule', functions.sweep.lambda);
    const api = new WebhookApi(this, 'Webhook', { ingest: functions.ingest.lambda, settings });
    new Alarms(this, 'Alarms', { queues, functions, schedule, throttled: api.throttled, settings });
    new Dashboard(this, 'Dashboard', { queues, functions });

    // The CLI reads these to find a deployed relay.
    const outputs: StackOutputs = {
      WebhookBaseAddress: api.baseAddress,
      ConfigTableName: tables.config.tableName,
      EventLogTableName: tables.eventLog.tableName,
      EventsQueueUrl: queues.events.queueUrl,
      EventsDeadLetterQueueUrl: queues.eventsDeadLetter.queueUrl,
      DeliveriesQueueUrl: queues.deliveries.queueUrl,
      DeliveriesDeadLetterQueueUrl: queues.deliveriesDeadLetter.queueUrl,
      RetentionDays: String(settings.retentionDays),
      PayloadRetentionDays: String(payloadRetentionDays(settings)),
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
    acknowledge(this, settings);
  }
}
