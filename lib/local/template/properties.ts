/** Reads a resource's properties against everything that the local relay knows of its type. */
import type { z } from 'zod';
import { describe, describeIssues, type Resource, TemplateError } from './cloudformation.ts';
import type { Resolver } from './resolver.ts';

export interface KnownProperties<Values> {
  /** What has a meaning here. Strict at every depth. */
  readonly schema: z.ZodType<Values>;
  /**
   * What is known and has none, each with the reason: a property, or one within it as `Target.RoleArn`. Such a value
   * is not even resolved.
   */
  readonly withoutEffect: Readonly<Record<string, string>>;
}

/** @throws {TemplateError} naming resource, type and property of whatever is not known, or is not as it must be */
export function readProperties<Values>(
  logicalId: string,
  resource: Resource,
  known: KnownProperties<Values>,
  resolver: Resolver,
): Values {
  const whose = describe(logicalId, resource);
  const meaningful = withoutProperties(resource.Properties, known.withoutEffect);
  const values = Object.entries(meaningful).map(([property, value]) => [
    property,
    resolver.resolve(value, `${whose}, property ${property}`),
  ]);
  const parsed = known.schema.safeParse(Object.fromEntries(values));
  if (parsed.success) return parsed.data;
  const unknown = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key].join('.')) : [],
  );
  throw new TemplateError(
    unknown.length > 0
      ? `${whose}: the local relay does not know the property ${unknown.join(', ')}`
      : `${whose}: ${describeIssues(parsed.error)}`,
  );
}

function withoutProperties(
  properties: Readonly<Record<string, unknown>>,
  dropped: Readonly<Record<string, string>>,
  prefix = '',
): Record<string, unknown> {
  const kept = Object.entries(properties).filter(([name]) => !Object.hasOwn(dropped, prefix + name));
  const entries = kept.map(([name, value]) => [
    name,
    isRecord(value) ? withoutProperties(value, dropped, `${prefix}${name}.`) : value,
  ]);
  return Object.fromEntries(entries);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
