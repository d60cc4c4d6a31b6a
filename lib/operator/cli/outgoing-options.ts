/** The options for what goes out with a webhook: headers, auth, signature. */
import type { Command } from 'commander';
import { z } from 'zod';
import { AUTH_TYPES } from '../../relay/endpoint/auth.ts';
import type { GivenAttributes } from '../endpoints/endpoints.ts';
import { newSigningSecret, signedWith } from '../endpoints/signing.ts';
import { InvalidInputError } from '../errors.ts';
import type { Terminal } from './output.ts';
import { secretInput } from './secret-input.ts';
import { severalTexts } from './several-texts.ts';

const text = z.string().exactOptional();

/** The parts of `auth`, by the names of their options: `--auth-token-url` is `auth.tokenUrl`. */
const authPartsSchema = z.object({
  authUsername: text,
  authPassword: text,
  authToken: text,
  authName: text,
  authValue: text,
  authTokenUrl: text,
  authClientId: text,
  authClientSecret: text,
  authScope: text,
  authAudience: text,
});
const SECRET_PARTS = ['authPassword', 'authToken', 'authValue', 'authClientSecret'];

export const outgoingOptionsSchema = authPartsSchema.extend({
  header: z.array(z.string()).exactOptional(),
  auth: z.enum(['none', ...AUTH_TYPES]).exactOptional(),
  sign: z.boolean().exactOptional(),
  signingSecret: text,
});

export function addOutgoingOptions(command: Command): Command {
  return command
    .option(
      '--header <name: value>',
      'a header of its requests; may be given several times; `set` leaves the others as they are',
      severalTexts,
    )
    .option(
      '--auth <type>',
      'how it is shown who sends: none, basic, bearer, header or oauth2 (client credentials), with the options below; `set` replaces all of it',
    )
    .option('--auth-username <text>', 'for basic')
    .option('--auth-password <secret>', 'for basic')
    .option('--auth-token <secret>', 'for bearer')
    .option('--auth-name <name>', 'for header: which one')
    .option('--auth-value <secret>', 'for header')
    .option('--auth-token-url <url>', 'for oauth2: where tokens are made')
    .option('--auth-client-id <text>', 'for oauth2')
    .option('--auth-client-secret <secret>', 'for oauth2')
    .option('--auth-scope <text>', 'for oauth2; nothing unless given')
    .option('--auth-audience <text>', 'for oauth2; nothing unless given')
    .option('--sign', 'sign what it gets (Standard Webhooks) with a new secret, which is shown once')
    .option('--signing-secret <secret>', 'sign with this one: whsec_ and the base64 of 24 to 64 bytes')
    .addHelpText(
      'after',
      `
A <secret>, and the value of a header, may be given as @path, which reads a file, or as -, which
reads the standard input; or as ssm:/name, which stays in the row: then the relay reads it from
SSM’s Parameter Store when it sends.`,
    );
}

export interface OutgoingChange {
  /** All but the headers; null for what is to be taken away. */
  readonly attributes: GivenAttributes;
  readonly headers: Readonly<Record<string, string>>;
  /** One that was made just now, to be shown once. */
  readonly newSecret?: string;
}

/** @throws InvalidInputError */
export async function readOutgoingOptions(
  { header = [], auth, sign, signingSecret, ...rest }: z.output<typeof outgoingOptionsSchema>,
  terminal: Terminal,
): Promise<OutgoingChange> {
  const read = secretInput(terminal);
  if (sign && signingSecret !== undefined) throw wrong('signingSecret', 'is given, and so --sign makes none');
  const headers = await readHeaders(header, read);
  const authChange = await readAuth(auth, authPartsSchema.parse(rest), read);
  const newSecret = sign ? newSigningSecret() : undefined;
  const secret = signingSecret === undefined ? newSecret : await read('signingSecrets', signingSecret);
  return {
    attributes: { ...authChange, ...(secret !== undefined && signedWith(secret)) },
    headers,
    ...(newSecret !== undefined && { newSecret }),
  };
}

type Read = ReturnType<typeof secretInput>;

async function readHeaders(typed: readonly string[], read: Read): Promise<Record<string, string>> {
  const headers = new Map<string, string>();
  for (const header of typed) {
    const [, name, value] = /^([^:]+):\s*(.*)$/s.exec(header) ?? [];
    if (name === undefined || value === undefined)
      throw wrong('headers', 'must be a name, a colon and a value');
    if (headers.has(name)) throw wrong('headers', 'must name each header once');
    headers.set(name, await read('headers', value.trimEnd()));
  }
  return Object.fromEntries(headers);
}

async function readAuth(
  type: z.output<typeof outgoingOptionsSchema>['auth'],
  parts: z.output<typeof authPartsSchema>,
  read: Read,
): Promise<GivenAttributes> {
  const entries: [string, string][] = [];
  for (const [option, typed] of Object.entries(parts)) {
    if (type === undefined || type === 'none') throw wrong(option, 'goes with an --auth that it is part of');
    const isSecret = SECRET_PARTS.includes(option);
    entries.push([partOf(option), isSecret ? await read(option, typed) : typed]);
  }
  if (type === undefined) return {};
  return { auth: type === 'none' ? null : { type, ...Object.fromEntries(entries) } };
}

/** `tokenUrl` of `authTokenUrl`. */
function partOf(option: string): string {
  const part = option.slice('auth'.length);
  return part.charAt(0).toLowerCase() + part.slice(1);
}

function wrong(attribute: string, problem: string): InvalidInputError {
  return new InvalidInputError([{ attribute, problem }]);
}
