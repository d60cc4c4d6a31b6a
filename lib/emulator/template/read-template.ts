/** Reads the synthesized CloudFormation template, which defines both the deployed stack and the emulator. */
import { type EmulatorAddresses, NO_ADDRESSES, queueUrl } from '../account.ts';
import { describe, parseTemplate, type Resource, TemplateError } from './cloudformation.ts';
import { EVENT_SOURCE_MAPPING, type MappingDefinition, mappingOf } from './event-source-mapping.ts';
import { API, INTEGRATION, ROUTE, type RouteDefinition, routeOf, STAGE } from './http-api.ts';
import { functionName, queueName, tableName } from './identity.ts';
import {
  EVENT_INVOKE_CONFIG,
  type FunctionDefinition,
  functionOf,
  LAMBDA_FUNCTION,
} from './lambda-function.ts';
import { type KnownProperties, readProperties } from './properties.ts';
import { QUEUE, type QueueDefinition, queueAttributes } from './queue.ts';
import { Resolver } from './resolver.ts';
import { SCHEDULE, type ScheduleDefinition, scheduleOf } from './schedule.ts';
import { TABLE, type TableDefinition, tableOf } from './table.ts';

/** Resource types that the emulator ignores, each with the reason. */
const IGNORED_TYPES: Readonly<Record<string, string>> = {
  'AWS::IAM::Role': 'there are no permissions on this machine: everything runs as the person who started it',
  'AWS::IAM::Policy': 'there are no permissions on this machine',
  'AWS::Lambda::Permission': 'there are no permissions on this machine',
  'AWS::SQS::QueuePolicy':
    'there are no permissions on this machine, and the queues listen on loopback alone',
  'AWS::Logs::LogGroup': 'what handlers write is shown, and kept in the data folder when asked for',
  'AWS::Logs::MetricFilter': 'it counts what the throttle refuses, and a laptop refuses nothing',
  'AWS::CloudWatch::Alarm': 'nobody is woken by a laptop; the CLI lists what needs a person',
  'AWS::CloudWatch::Dashboard': 'the CLI shows what it shows',
  'AWS::KMS::Key': 'the data folder is as safe as the disk it is on',
  'AWS::SNS::Topic': 'nobody is woken by a laptop',
  'AWS::SNS::TopicPolicy': 'nobody is woken by a laptop',
  'AWS::SNS::Subscription': 'nobody is woken by a laptop',
  'AWS::CDK::Metadata': 'tells AWS which constructs a stack was made with',
};

/** The template's resources, in the form that the emulator needs. */
export interface Template {
  readonly tables: readonly TableDefinition[];
  readonly queues: readonly QueueDefinition[];
  readonly functions: readonly FunctionDefinition[];
  readonly mappings: readonly MappingDefinition[];
  readonly routes: readonly RouteDefinition[];
  readonly schedules: readonly ScheduleDefinition[];
  /** By the name of the output. */
  readonly outputs: Readonly<Record<string, string>>;
}

/**
 * Reads the whole template, or none of it.
 *
 * @param addresses of queues and API; omit it to read the template before they run
 * @throws {TemplateError} naming each unknown resource type or property
 */
export function readTemplate(source: unknown, addresses: EmulatorAddresses = NO_ADDRESSES): Template {
  const { Resources, Outputs } = parseTemplate(source);
  const resolver = new Resolver(Resources, addresses);
  const seen = new Set(Object.keys(IGNORED_TYPES));

  function readAll<Values>(type: string, known: KnownProperties<Values>): Found<Values>[] {
    seen.add(type);
    return Object.entries(Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, resource]) => ({ id, resource, values: readProperties(id, resource, known, resolver) }));
  }

  const integrations = readAll('AWS::ApiGatewayV2::Integration', INTEGRATION);
  readAll('AWS::ApiGatewayV2::Api', API);
  readAll('AWS::ApiGatewayV2::Stage', STAGE);
  readAll('AWS::Lambda::EventInvokeConfig', EVENT_INVOKE_CONFIG);
  const template: Template = {
    tables: readAll('AWS::DynamoDB::Table', TABLE).map(({ id, resource, values }) =>
      tableOf(tableName(id, resource), values),
    ),
    queues: readAll('AWS::SQS::Queue', QUEUE).map(({ id, resource, values }) => {
      const name = queueName(id, resource);
      return { name, url: queueUrl(addresses, name), attributes: queueAttributes(values) };
    }),
    functions: readAll('AWS::Lambda::Function', LAMBDA_FUNCTION).map(({ id, resource, values }) =>
      functionOf(functionName(id, resource), describe(id, resource), resource.Metadata, values),
    ),
    mappings: readAll('AWS::Lambda::EventSourceMapping', EVENT_SOURCE_MAPPING).map(({ values }) =>
      mappingOf(values),
    ),
    routes: readAll('AWS::ApiGatewayV2::Route', ROUTE).map(({ id, resource, values }) =>
      routeOf(describe(id, resource), values, new Map(integrations.map((found) => [found.id, found.values]))),
    ),
    schedules: readAll('AWS::Scheduler::Schedule', SCHEDULE).map(({ id, values }) => scheduleOf(id, values)),
    outputs: Object.fromEntries(
      Object.entries(Outputs).map(([name, { Value }]) => [
        name,
        String(resolver.resolve(Value, `the output ${name}`)),
      ]),
    ),
  };
  refuseUnknownTypes(Resources, seen);
  return template;
}

interface Found<Values> {
  readonly id: string;
  readonly resource: Resource;
  readonly values: Values;
}

function refuseUnknownTypes(resources: Readonly<Record<string, Resource>>, known: ReadonlySet<string>): void {
  const unknown = Object.entries(resources).filter(([, resource]) => !known.has(resource.Type));
  if (unknown.length === 0) return;
  const named = unknown.map(([id, resource]) => describe(id, resource)).join(', ');
  throw new TemplateError(`The emulator does not know this type of resource: ${named}`);
}
