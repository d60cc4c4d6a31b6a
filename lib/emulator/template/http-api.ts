/** The HTTP API of the template: API, stage, routes and integrations. */
import { z } from 'zod';
import { TemplateError } from './cloudformation.ts';
import type { KnownProperties } from './properties.ts';

const FOR_PEOPLE = 'for people who look at the AWS console';

const apiSchema = z.strictObject({ ProtocolType: z.literal('HTTP') });

export const API: KnownProperties<z.output<typeof apiSchema>> = {
  schema: apiSchema,
  ignored: { Name: FOR_PEOPLE, Description: FOR_PEOPLE, Tags: FOR_PEOPLE },
};

const stageSchema = z.strictObject({
  ApiId: z.string(),
  /** Any other name would be the first segment of every path. */
  StageName: z.literal('$default'),
  AutoDeploy: z.literal(true),
});

export const STAGE: KnownProperties<z.output<typeof stageSchema>> = {
  schema: stageSchema,
  ignored: {
    AccessLogSettings: 'handlers write their own log; an access log would say nothing more here',
    DefaultRouteSettings: 'throttling bounds the bill of a flood, and there is none here',
    Description: FOR_PEOPLE,
    Tags: FOR_PEOPLE,
  },
};

const integrationSchema = z.strictObject({
  ApiId: z.string(),
  IntegrationType: z.literal('AWS_PROXY'),
  /** The function's ARN. */
  IntegrationUri: z.string(),
  PayloadFormatVersion: z.literal('2.0'),
  TimeoutInMillis: z.int().min(50).max(30_000).default(30_000),
});

export const INTEGRATION: KnownProperties<z.output<typeof integrationSchema>> = {
  schema: integrationSchema,
  ignored: { Description: FOR_PEOPLE },
};

const routeSchema = z.strictObject({
  ApiId: z.string(),
  AuthorizationType: z.literal('NONE').optional(),
  RouteKey: z.string().regex(/^(ANY|[A-Z]+) \/\S*$/, 'must be a method and a path'),
  Target: z
    .string()
    .startsWith('integrations/')
    .transform((target) => target.slice('integrations/'.length)),
});

export const ROUTE: KnownProperties<z.output<typeof routeSchema>> = {
  schema: routeSchema,
  ignored: {},
};

export interface RouteDefinition {
  readonly apiId: string;
  /** `POST /webhooks/{token}`. */
  readonly routeKey: string;
  readonly functionArn: string;
  /** How long the API waits for the function. */
  readonly timeoutMs: number;
}

/** @throws {TemplateError} when the route's target is not an integration */
export function routeOf(
  whose: string,
  { ApiId, RouteKey, Target }: z.output<typeof routeSchema>,
  integrations: ReadonlyMap<string, z.output<typeof integrationSchema>>,
): RouteDefinition {
  const integration = integrations.get(Target);
  if (integration === undefined) throw new TemplateError(`${whose}: its target ${Target} is no integration`);
  return {
    apiId: ApiId,
    routeKey: RouteKey,
    functionArn: integration.IntegrationUri,
    timeoutMs: integration.TimeoutInMillis,
  };
}
