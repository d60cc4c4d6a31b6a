/** A secret in a row: the value itself, or a reference to the parameter store. */
import * as z from 'zod';

const SCHEME = 'ssm:';

/** SSM's longest name (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html). */
const NAME_LIMIT = 2048;

/**
 * `ssm:` and the name of a parameter in SSM's Parameter Store, which begins with a slash. The name
 * `/aws/reference/secretsmanager/<id>` refers to Secrets Manager, whose ids may contain more characters.
 */
const REFERENCE = new RegExp(String.raw`^${SCHEME}/[\w./:+=@-]{1,${NAME_LIMIT}}$`);

/** A secret, or a reference to one. */
export const secretSchema = z
  .string()
  .min(1, 'must not be empty')
  .refine(
    (text) => !text.startsWith(SCHEME) || isReference(text),
    'must be a value, or ssm:/ and the name of a parameter',
  );

/** True for a reference. A reference is not secret. */
export function isReference(text: string): boolean {
  return REFERENCE.test(text);
}

/** The parameter name in a reference. */
export function parameterOf(reference: string): string {
  return reference.slice(SCHEME.length);
}
