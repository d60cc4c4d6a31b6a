/** A secret in a row: the value itself, or a reference to where the relay reads it. */
import * as z from '../model/zod.ts';

/** SSM's longest name (https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html). */
const NAME_LIMIT = 2048;

/**
 * The forms of a reference. A deployed relay reads `ssm:`, and a relay on one machine reads `env:` and `file:`. Every relay
 * takes all three for references, so that no row changes its meaning when it moves to another relay.
 */
const FORMS = {
  /**
   * A parameter in SSM's Parameter Store, whose name begins with a slash. The name `/aws/reference/secretsmanager/<id>`
   * refers to Secrets Manager, whose ids may contain more characters.
   */
  ssm: {
    name: new RegExp(String.raw`^/[\w./:+=@-]{1,${NAME_LIMIT}}$`),
    rule: 'ssm:/ and the name of a parameter',
  },
  /** An environment variable of the relay. */
  env: { name: /^[A-Za-z_]\w{0,127}$/, rule: 'env: and the name of an environment variable' },
  /** A file of the relay's machine, by its absolute path. */
  file: {
    name: new RegExp(String.raw`^/[^\p{Cc}]{1,${NAME_LIMIT}}$`, 'u'),
    rule: 'file:/ and the path of a file',
  },
} as const;

export type SecretScheme = keyof typeof FORMS;

export interface SecretReference {
  readonly scheme: SecretScheme;
  /** Of the parameter, the variable or the file. */
  readonly name: string;
}

/** A secret, or a reference to one. */
export const secretSchema = z.string().check(
  z.minLength(1, 'must not be empty'),
  z.superRefine((text, context) => {
    const scheme = schemeOf(text);
    if (scheme !== undefined && !isReference(text))
      // Stryker disable next-line StringLiteral: no code reads an issue's code
      context.addIssue({ code: 'custom', message: `must be a value, or ${FORMS[scheme].rule}` });
  }),
);

/** True for a reference. A reference is not secret. */
export function isReference(text: string): boolean {
  return referenceOf(text) !== undefined;
}

/** Undefined for a text that is the secret itself. */
export function referenceOf(text: string): SecretReference | undefined {
  const scheme = schemeOf(text);
  if (scheme === undefined) return undefined;
  const name = text.slice(scheme.length + 1);
  return FORMS[scheme].name.test(name) ? { scheme, name } : undefined;
}

function schemeOf(text: string): SecretScheme | undefined {
  const schemes: readonly SecretScheme[] = ['ssm', 'env', 'file'];
  return schemes.find((scheme) => text.startsWith(`${scheme}:`));
}
