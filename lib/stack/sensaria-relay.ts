/** The whole relay as a construct: two tables, two queues, four functions, one route, one schedule. */
import { CfnOutput, Names, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { StackOutputs } from '../contract/template.ts';
import { acknowledge } from './acknowledgements.ts';
import { Alarms } from './alarms.ts';
import { readConfig, type StackConfig } from './config.ts';
import { Dashboard } from './dashboard.ts';
import { EncryptionKey } from './encryption-key.ts';
import { Functions, payloadRetentionDays, TIMEOUTS } from './functions.ts';
import { setElementId, setLogicalIdPrefix } from './logical-id.ts';
import { Mappings } from './mappings.ts';
import { Queues } from './queues.ts';
import { SweepSchedule } from './sweep-schedule.ts';
import { type RelayTable, Tables } from './tables.ts';
import { WebhookApi } from './webhook-api.ts';

/** The longest name that an HTTP API may have. */
const NAME_LENGTH = 128;

/** All settings are optional: see `config.ts` for their limits and defaults. */
export interface SensariaRelayProps extends Partial<Omit<StackConfig, 'stackName'>> {
  /**
   * The relay's name: the dimension `service` of its metrics, the name of its API, and the default prefix of the SSM
   * parameters that it may read. The default follows from the construct's place: `<stack>-<ids of the scopes>`.
   */
  readonly relayName?: string;
  /**
   * The beginning of the logical ids of resources and outputs. The default is the ids of the scopes below the stack, so
   * that a stack may contain several relays. CloudFormation replaces the tables when it changes.
   */
  readonly logicalIdPrefix?: string;
}

/**
 * A relay for the webhooks of the Hub, in any stack. The command line finds it by the stack's outputs.
 *
 * ```ts
 * const relay = new SensariaRelay(this, 'Orders', { retentionDays: 60, alarmTopicArn: topic.topicArn });
 * relay.configTable.grantReadData(reportFunction);
 * ```
 *
 * @throws {ConfigurationError} when a setting is wrong, naming each
 */
export class SensariaRelay extends Construct {
  /** `https://…/webhooks/`. The token of a source is appended to it. */
  readonly webhookBaseAddress: string;
  readonly configTable: RelayTable;
  readonly eventLogTable: RelayTable;

  constructor(scope: Construct, id: string, props: SensariaRelayProps = {}) {
    super(scope, id);
    const {
      relayName = nameInAccount(this),
      logicalIdPrefix = idsBelowStack(this)
        .join('')
        .replaceAll(/[^A-Za-z0-9]/g, ''),
      ...given
    } = props;
    setLogicalIdPrefix(this, logicalIdPrefix);
    const settings = readConfig({ secretParameters: `/${relayName}/*`, ...given });

    const { key } = new EncryptionKey(this, 'Encryption', settings);
    const tables = new Tables(this, 'Tables', { settings, key });
    const queues = new Queues(this, 'Queues', {
      fanOutTimeout: TIMEOUTS.fanOut,
      deliverTimeout: TIMEOUTS.deliver,
      key,
    });
    const functions = new Functions(this, 'Functions', { relayName, tables, queues, settings, key });
    new Mappings(this, 'Mappings', { functions, queues, settings });
    const schedule = new SweepSchedule(this, 'SweepSchedule', functions.sweep.lambda);
    const api = new WebhookApi(this, 'Webhook', { ingest: functions.ingest.lambda, relayName, settings });
    new Alarms(this, 'Alarms', { relayName, queues, functions, schedule, api, settings });
    new Dashboard(this, 'Dashboard', { relayName, queues, functions });

    this.webhookBaseAddress = api.baseAddress;
    this.configTable = tables.config;
    this.eventLogTable = tables.eventLog;
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
      SilenceHours: String(settings.silenceHours),
    };
    this.#output({ ...outputs });
    if (api.domainTarget !== undefined) this.#output({ WebhookDomainTarget: api.domainTarget });
    acknowledge(this, settings);
  }

  /** The CLI finds a deployed relay by these. */
  #output(outputs: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(outputs))
      setElementId(new CfnOutput(this, name, { value }), name);
  }
}

/** The stack's name and the ids below it. A name that would be too long is cut, and ends in a hash. */
function nameInAccount(construct: Construct): string {
  const name = [Stack.of(construct).stackName, ...idsBelowStack(construct)].join('-');
  return name.length <= NAME_LENGTH
    ? name
    : Names.uniqueResourceName(construct, { maxLength: NAME_LENGTH, separator: '-' });
}

function idsBelowStack(construct: Construct): string[] {
  const stack = Stack.of(construct);
  return construct.node.scopes.slice(stack.node.scopes.length).map(({ node }) => node.id);
}
