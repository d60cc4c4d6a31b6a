/** A value that nobody may see, as a row has it: itself, or a reference to where it is kept. */
import * as z from 'zod';

const SCHEME = 'ssm:';

/** SSM's longest name (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html). */
const NAME_LIMIT = 2048;

/**
 * `ssm:` and the name of a parameter in SSM's Parameter Store, which begins with a slash. By the name
 * `/aws/reference/secretsmanager/<id>` it leads to Secrets Manager, whose ids may hold more characters.
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

/** True for what stands for a value that is kept elsewhere, and so is no secret itself. */
export function isReference(text: string): boolean {
  return REFERENCE.test(text);
}

/** The name of the parameter that a reference leads to. */
export function parameterOf(reference: string): string {
  return reference.slice(SCHEME.length);
}
