/** The template under test, and the words in which the tests ask it. */
import { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';
import { synthesizeTemplate } from '../../lib/stack/synthesize-template.ts';

/** The JSON of templates by their contexts. Files share a worker, and many ask for the same one. */
const synthesized = new Map<string, string>();

/** The template that a deployer with this context gets. */
export function theTemplate(context: Readonly<Record<string, unknown>> = {}): Template {
  const key = JSON.stringify(context);
  const json = synthesized.get(key) ?? JSON.stringify(synthesizeTemplate(context).template);
  synthesized.set(key, json);
  return Template.fromJSON(parsed(JSON.parse(json)));
}

const propertiesSchema = z.record(z.string(), z.unknown());
const parsed = (template: unknown) => propertiesSchema.parse(template);

/** The properties of the resource with a logical id. */
export function propertiesOf(template: Template, logicalId: string): Record<string, unknown> {
  const { Resources } = z
    .object({ Resources: z.record(z.string(), z.object({ Properties: propertiesSchema }).loose()) })
    .parse(template.toJSON());
  const resource = Resources[logicalId];
  if (resource === undefined) throw new Error(`the template has no ${logicalId}`);
  return resource.Properties;
}

const statementSchema = z.object({
  Effect: z.string(),
  Action: oneOrMany(z.string()),
  Resource: oneOrMany(z.unknown()),
  Condition: z.unknown().optional(),
});
export type Statement = z.output<typeof statementSchema>;

/** The statements of a role's policies, each with lists of actions and resources. */
export function statementsOf(template: Template, roleLogicalId: string): Statement[] {
  const { Policies } = z
    .object({
      Policies: z.array(z.object({ PolicyDocument: z.object({ Statement: z.array(statementSchema) }) })),
    })
    .parse(propertiesOf(template, roleLogicalId));
  return Policies.flatMap((policy) => policy.PolicyDocument.Statement);
}

/** The ARN of a resource, as a template has it. */
export function arnOf(logicalId: string) {
  return { 'Fn::GetAtt': [logicalId, 'Arn'] };
}

function oneOrMany<Schema extends z.ZodType>(schema: Schema) {
  return z.union([z.array(schema), schema.transform((one) => [one])]);
}
