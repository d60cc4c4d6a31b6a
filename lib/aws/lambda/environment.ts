/** Reads and parses the environment variables that the stack sets. */
import { faultOfCidr } from '../../contract/cidr.ts';
import type { RequiredVariable, SendingVariable } from '../../contract/environment.ts';
import * as z from '../../relay/model/zod.ts';

const name = z.string().check(z.minLength(1));
const url = z.url();

const VARIABLES = {
  EVENT_LOG_TABLE: name,
  CONFIG_TABLE: name,
  EVENTS_QUEUE_URL: url,
  DELIVERIES_QUEUE_URL: url,
  EVENTS_DEAD_LETTER_QUEUE_URL: url,
  DELIVERIES_DEAD_LETTER_QUEUE_URL: url,
  /** Comma-separated CIDR blocks whose addresses need not be public. */
  ALLOWED_CIDRS: z
    .pipe(
      z._default(z.string(), ''),
      z.transform((text) => text.split(',').filter(Boolean)),
    )
    .check(
      z.superRefine((blocks, context) => {
        for (const fault of blocks.map(faultOfCidr))
          if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
      }),
    ),
  /** Where the secrets are that rows refer to. The local relay has no Parameter Store. */
  PARAMETER_STORE: z._default(z.enum(['ssm', 'none']), 'ssm'),
  /** Days until events expire. */
  RETENTION_DAYS: z.coerce.number().check(z.int(), z.minimum(1)),
  /** Days until payloads expire. */
  PAYLOAD_RETENTION_DAYS: z.coerce.number().check(z.int(), z.minimum(1)),
  /** Hours without a webhook until a notice is sent; 0 disables it. */
  SILENCE_HOURS: z.coerce.number().check(z.int(), z.minimum(0)),
} satisfies Record<RequiredVariable | SendingVariable, z.ZodMiniType>;

type Variable = keyof typeof VARIABLES;
type Environment<Name extends Variable> = { readonly [Each in Name]: z.output<(typeof VARIABLES)[Each]> };

export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * Reads the named variables.
 * @throws EnvironmentError naming every missing or wrong variable
 * @example const { CONFIG_TABLE } = readEnvironment(['CONFIG_TABLE']);
 */
export function readEnvironment<Name extends Variable>(
  names: readonly Name[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Environment<Name> {
  const wrong: string[] = [];
  const entries = names.map((variable) => {
    const value = environment[variable];
    const parsed = VARIABLES[variable].safeParse(value);
    if (!parsed.success) wrong.push(`${variable} ${describe(value, parsed.error)}`);
    return [variable, parsed.data];
  });
  if (wrong.length > 0) throw new EnvironmentError(`environment: ${wrong.join(', ')}`);
  return Object.fromEntries(entries) as Environment<Name>;
}

function describe(value: string | undefined, error: z.core.$ZodError): string {
  return value === undefined ? 'is missing' : `is wrong: ${error.issues[0]?.message}`;
}
