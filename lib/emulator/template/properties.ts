/** Reads a resource's properties, and refuses every property that the emulator does not know. */
import type { z } from 'zod';
import { describe, describeIssues, type Resource, TemplateError } from './cloudformation.ts';
import type { Resolver } from './resolver.ts';

export interface KnownProperties<Values> {
  /** The properties that the emulator uses. Strict at every depth. */
  readonly schema: z.ZodType<Values>;
  /**
   * The properties that it ignores, each with the reason; a nested one as `Target.RoleArn`. Their values are not
   * resolved.
   */
  readonly ignored: Readonly<Record<string, string>>;
}

/** @throws {TemplateError} naming resource, type and property when a property is unknown or wrong */
export function readProperties<Values>(
  logicalId: string,
  resource: Resource,
  known: KnownProperties<Values>,
  resolver: Resolver,
): Values {
  const whose = describe(logicalId, resource);
  const meaningful = withoutProperties(resource.Properties, known.ignored);
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
      ? `${whose}: the emulator does not know the property ${unknown.join(', ')}`
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
