/**
 * The outermost shape of a CloudFormation template: its sections, and a resource before its properties are read.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
 */
import { z } from 'zod';

const resourceSchema = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  Metadata: z.record(z.string(), z.unknown()).default({}),
  /** Everything is started in one go, so the order of creation says nothing here. */
  DependsOn: z.unknown().optional(),
  /** What happens to a resource when the stack goes: here the data folder stays until it is deleted by hand. */
  DeletionPolicy: z.unknown().optional(),
  UpdateReplacePolicy: z.unknown().optional(),
});

const outputSchema = z.strictObject({
  Value: z.unknown(),
  Description: z.unknown().optional(),
  /** No other stack imports anything here. */
  Export: z.unknown().optional(),
});

const templateSchema = z.strictObject({
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), outputSchema).default({}),
  Description: z.unknown().optional(),
  Metadata: z.unknown().optional(),
  AWSTemplateFormatVersion: z.unknown().optional(),
  /** CDK's check that the account is bootstrapped; a parameter that something here refers to is named as unknown. */
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

/** Every issue with its place, such as `Resources.EventsQueue: Unrecognized key: "Condition"`. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .map((issue) => [issue.path.join('.'), issue.message].filter(Boolean).join(': '))
    .join('; ');
}

/** The template says something that the local relay cannot honour, so it does not start: nothing is silently ignored. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}
