/** The environment variables that the stack gives the functions, each of which asks for those it needs. */
import * as z from 'zod';
import type { RequiredVariable, SendingVariable } from '../../contract/environment.ts';

const name = z.string().min(1);
const url = z.url();

const VARIABLES = {
  EVENT_LOG_TABLE: name,
  CONFIG_TABLE: name,
  EVENTS_QUEUE_URL: url,
  DELIVERIES_QUEUE_URL: url,
  EVENTS_DEAD_LETTER_QUEUE_URL: url,
  DELIVERIES_DEAD_LETTER_QUEUE_URL: url,
  /** Blocks of addresses that need not be public, parted by commas. */
  ALLOWED_CIDRS: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter(Boolean)),
  /** Where secrets are that rows refer to; a relay on a laptop has no such place. */
  PARAMETER_STORE: z.enum(['ssm', 'none']).default('ssm'),
  /** How many days events are kept. */
  RETENTION_DAYS: z.coerce.number().int().min(1),
  /** How many days payloads are kept. */
  PAYLOAD_RETENTION_DAYS: z.coerce.number().int().min(1),
  /** How many hours without a webhook are worth a notice; 0 for none. */
  SILENCE_HOURS: z.coerce.number().int().min(0),
} satisfies Record<RequiredVariable | SendingVariable, z.ZodType>;

type Variable = keyof typeof VARIABLES;
type Environment<Name extends Variable> = { readonly [Each in Name]: z.output<(typeof VARIABLES)[Each]> };

export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
}

/**
 * Reads the named variables.
 * @throws EnvironmentError that names every one that is missing or wrong
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

function describe(value: string | undefined, error: z.ZodError): string {
  return value === undefined ? 'is missing' : `is wrong: ${error.issues[0]?.message}`;
}
