/** Reads the synthesized CloudFormation template: the one definition of what is deployed, and of what runs here. */
import { NOWHERE, type Place, queueUrl } from '../local-account.ts';
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

/** Resource types of the stack that nothing on this machine stands for, each with the reason why that is right. */
export const WITHOUT_COUNTERPART: Readonly<Record<string, string>> = {
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

/** What the template asks for, in the terms of what runs it here. */
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
 * @param place where queues and API are found; before they run, read the template without it to learn what to run
 * @throws {TemplateError} naming whatever is not known: nothing is ever silently left out
 */
export function readTemplate(source: unknown, place: Place = NOWHERE): Template {
  const { Resources, Outputs } = parseTemplate(source);
  const resolver = new Resolver(Resources, place);
  const seen = new Set(Object.keys(WITHOUT_COUNTERPART));

  function every<Values>(type: string, known: KnownProperties<Values>): Found<Values>[] {
    seen.add(type);
    return Object.entries(Resources)
      .filter(([, resource]) => resource.Type === type)
      .map(([id, resource]) => ({ id, resource, values: readProperties(id, resource, known, resolver) }));
  }

  const integrations = every('AWS::ApiGatewayV2::Integration', INTEGRATION);
  every('AWS::ApiGatewayV2::Api', API);
  every('AWS::ApiGatewayV2::Stage', STAGE);
  every('AWS::Lambda::EventInvokeConfig', EVENT_INVOKE_CONFIG);
  const template: Template = {
    tables: every('AWS::DynamoDB::Table', TABLE).map(({ id, resource, values }) =>
      tableOf(tableName(id, resource), values),
    ),
    queues: every('AWS::SQS::Queue', QUEUE).map(({ id, resource, values }) => {
      const name = queueName(id, resource);
      return { name, url: queueUrl(place, name), attributes: queueAttributes(values) };
    }),
    functions: every('AWS::Lambda::Function', LAMBDA_FUNCTION).map(({ id, resource, values }) =>
      functionOf(functionName(id, resource), describe(id, resource), resource.Metadata, values),
    ),
    mappings: every('AWS::Lambda::EventSourceMapping', EVENT_SOURCE_MAPPING).map(({ values }) =>
      mappingOf(values),
    ),
    routes: every('AWS::ApiGatewayV2::Route', ROUTE).map(({ id, resource, values }) =>
      routeOf(describe(id, resource), values, new Map(integrations.map((found) => [found.id, found.values]))),
    ),
    schedules: every('AWS::Scheduler::Schedule', SCHEDULE).map(({ id, values }) => scheduleOf(id, values)),
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
  throw new TemplateError(`The local relay does not know this type of resource: ${named}`);
}
