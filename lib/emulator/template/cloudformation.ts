/**
 * Parses the sections of a CloudFormation template, and its resources up to their properties.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
 */
import { z } from 'zod';

const resourceSchema = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Metadata: z.record(z.string(), z.unknown()).default({}),
  /** Ignored: the emulator starts all resources together. */
  DependsOn: z.unknown().optional(),
  /** Ignored: the data folder stays until a person deletes it. */
  DeletionPolicy: z.unknown().optional(),
  UpdateReplacePolicy: z.unknown().optional(),
});

const outputSchema = z.strictObject({
  Value: z.unknown(),
  Description: z.unknown().optional(),
  /** Ignored: there is no other stack to import it. */
  Export: z.unknown().optional(),
});

const templateSchema = z.strictObject({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), outputSchema).default({}),
  Description: z.unknown().optional(),
  Metadata: z.unknown().optional(),
  AWSTemplateFormatVersion: z.unknown().optional(),
  /** Ignored: CDK's bootstrap check. The resolver refuses a reference to a parameter. */
  Parameters: z.unknown().optional(),
  Rules: z.unknown().optional(),
});

export type CloudFormationTemplate = z.output<typeof templateSchema>;
export type Resource = z.output<typeof resourceSchema>;

/** @throws {TemplateError} naming the section or the resource's attribute that is not understood */
export function parseTemplate(source: unknown): CloudFormationTemplate {
  const parsed = templateSchema.safeParse(source);
  if (parsed.success) return parsed.data;
  throw new TemplateError(`The template cannot be run here: ${describeIssues(parsed.error)}`);
}

/** How errors name a resource: `EventsQueue (AWS::SQS::Queue)`. */
export function describe(logicalId: string, resource: Resource): string {
  return `${logicalId} (${resource.Type})`;
}

/** Every issue with its path, such as `Resources.EventsQueue: Unrecognized key: "Condition"`. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '))
    .join('; ');
}

/** The template contains something that the emulator does not support. The relay then does not start. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
