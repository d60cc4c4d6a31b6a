/** The options for the headers, the auth and the signature of requests. */
import type { Command } from 'commander';
import { z } from 'zod';
import { AUTH_TYPES } from '../../relay/endpoint/auth.ts';
import type { GivenAttributes } from '../endpoints/endpoints.ts';
import { newSigningSecret, signingAttributes } from '../endpoints/signing.ts';
import { InvalidInputError } from '../errors.ts';
import { repeated } from './option-values.ts';
import type { Terminal } from './output.ts';
import { secretInput } from './secret-input.ts';
import { addTlsOptions, readTlsOptions, tlsOptionsSchema } from './tls-options.ts';

const text = z.string().exactOptional();

/** The parts of `auth` by option: `--auth-token-url` is `auth.tokenUrl`. */
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
  authSecretIn: text,
});
const SECRET_PARTS = ['authPassword', 'authToken', 'authValue', 'authClientSecret'];

export const outgoingOptionsSchema = authPartsSchema.extend(tlsOptionsSchema.shape).extend({
  header: z.array(z.string()).exactOptional(),
  auth: z.enum(['none', ...AUTH_TYPES]).exactOptional(),
  authParameter: z.array(z.string()).exactOptional(),
  sign: z.boolean().exactOptional(),
  signingSecret: text,
});

export function addOutgoingOptions(command: Command): Command {
  return addTlsOptions(command)
    .option(
      '--header <name: value>',
      'add a header to requests; repeat for several; `set` keeps the other headers',
      repeated,
    )
    .option(
      '--auth <type>',
      'authenticate requests: none, basic, bearer, header or oauth2 (client credentials), with the options below; `set` replaces the whole auth',
    )
    .option('--auth-username <text>', 'set the user name for basic')
    .option('--auth-password <secret>', 'set the password for basic')
    .option('--auth-token <secret>', 'set the token for bearer')
    .option('--auth-name <name>', 'set the header’s name for header')
    .option('--auth-value <secret>', 'set the header’s value for header')
    .option('--auth-token-url <url>', 'set the token URL for oauth2')
    .option('--auth-client-id <text>', 'set the client id for oauth2')
    .option('--auth-client-secret <secret>', 'set the client secret for oauth2')
    .option('--auth-scope <text>', 'set the scope for oauth2 (optional)')
    .option('--auth-audience <text>', 'set the audience for oauth2 (optional)')
    .option(
      '--auth-parameter <name=value>',
      'add a parameter to the token request for oauth2, such as resource=…; repeat for several',
      repeated,
    )
    .option(
      '--auth-secret-in <place>',
      'send the client secret for oauth2 in a Basic header as the standard says (basic), in one without form encoding (basic-unencoded), or in the body (body, also called client_secret_post) (default: basic)',
    )
    .option('--sign', 'sign requests (Standard Webhooks) with a generated secret, shown once')
    .option(
      '--signing-secret <secret>',
      'sign requests with this secret: whsec_ and the base64 of 24 to 64 bytes',
    )
    .addHelpText(
      'after',
      `
A <secret>, a <pem> or a header’s value can be @path to read a file, or - to read the standard input.
The row can also contain a reference, and the relay then reads the secret when it sends: ssm:/name for
SSM Parameter Store, with a deployed relay; env:NAME or file:/path, with a relay on one machine.`,
    );
}

export interface OutgoingChange {
  /** Without the headers. Null removes an attribute. */
  readonly attributes: GivenAttributes;
  readonly headers: Readonly<Record<string, string>>;
  /** A generated signing secret, to show once. */
  readonly newSecret?: string;
}

/** @throws InvalidInputError */
export async function readOutgoingOptions(
  {
    header = [],
    auth,
    authParameter = [],
    sign,
    signingSecret,
    ...rest
  }: z.output<typeof outgoingOptionsSchema>,
  terminal: Terminal,
): Promise<OutgoingChange> {
  const read = secretInput(terminal);
  if (sign && signingSecret !== undefined) throw wrong('signingSecret', 'cannot be combined with --sign');
  const headers = await readHeaders(header, read);
  const tls = await readTlsOptions(tlsOptionsSchema.parse(rest), read);
  const authChange = await readAuth(auth, authPartsSchema.parse(rest), authParameter, read);
  const newSecret = sign ? newSigningSecret() : undefined;
  const secret = signingSecret === undefined ? newSecret : await read('signingSecret', signingSecret);
  return {
    attributes: { ...authChange, ...tls, ...(secret !== undefined && signingAttributes(secret)) },
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
    if (headers.has(name)) throw wrong('headers', 'must not repeat a header');
    headers.set(name, await read('headers', value.trimEnd()));
  }
  return Object.fromEntries(headers);
}

async function readAuth(
  type: z.output<typeof outgoingOptionsSchema>['auth'],
  parts: z.output<typeof authPartsSchema>,
  typedParameters: readonly string[],
  read: Read,
): Promise<GivenAttributes> {
  const entries: [string, unknown][] = [];
  for (const [option, typed] of Object.entries(parts)) {
    if (type === undefined || type === 'none') throw wrong(option, 'requires the matching --auth');
    const isSecret = SECRET_PARTS.includes(option);
    entries.push([partOf(option), isSecret ? await read(option, typed) : typed]);
  }
  if (typedParameters.length > 0) {
    if (type === undefined || type === 'none') throw wrong('authParameter', 'requires the matching --auth');
    entries.push(['parameters', await readParameters(typedParameters, read)]);
  }
  if (type === undefined) return {};
  return { auth: type === 'none' ? null : { type, ...Object.fromEntries(entries) } };
}

async function readParameters(typed: readonly string[], read: Read): Promise<Record<string, string>> {
  const parameters = new Map<string, string>();
  for (const parameter of typed) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(parameter) ?? [];
    if (name === undefined || value === undefined)
      throw wrong('authParameter', 'must be a name, an equals sign and a value');
    if (parameters.has(name)) throw wrong('authParameter', 'must not repeat a parameter');
    parameters.set(name, await read('authParameter', value));
  }
  return Object.fromEntries(parameters);
}

/** `tokenUrl` of `authTokenUrl`. */
function partOf(option: string): string {
  const part = option.slice('auth'.length);
  return part.charAt(0).toLowerCase() + part.slice(1);
}

function wrong(attribute: string, problem: string): InvalidInputError {
  return new InvalidInputError([{ attribute, problem }]);
}
