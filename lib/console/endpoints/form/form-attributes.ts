/** The attributes of an endpoint's row that a form has. An empty field restores a default; an empty secret is unchanged. */
import { z } from 'zod';
import type { GivenAttributes } from '../../../operator/endpoints/endpoints.ts';
import { isPreset, presetAttributes } from '../../../operator/endpoints/presets.ts';
import { newSigningSecret, signingAttributes } from '../../../operator/endpoints/signing.ts';
import { endpointSchema } from '../../../relay/endpoint/endpoint.ts';
import { AUTH_SECRETS, AUTH_TEXTS, type FormFields, type Table } from './form-values.ts';

export interface FormAttributes {
  readonly attributes: GivenAttributes;
  /** A generated signing secret, to show once. */
  readonly newSecret?: string;
}

/** The parts of each kind of `auth`. */
const AUTH_PARTS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    basic: ['username', 'password'],
    bearer: ['token'],
    header: ['name', 'value'],
    oauth2: ['tokenUrl', 'clientId', 'clientSecret', 'scope', 'audience', 'secretIn'],
  }),
);
/** Without them, the server's own default applies. */
const OPTIONAL_PARTS = ['scope', 'audience', 'secretIn'];

const mapSchema = z.record(z.string(), z.unknown()).catch({});
const MOST_ROWS = 1_000;

/** @param present the attributes of the row, with its secrets */
export function attributesOf(fields: FormFields, present: GivenAttributes): FormAttributes {
  const newSecret = fields.signing === 'generate' ? newSigningSecret() : undefined;
  const text = (name: string) => textOf(fields, name) ?? null;
  const number = (name: string) => numberOf(textOf(fields, name));
  const choice = (name: string, fallback: string) => (fields[name] === fallback ? null : text(name));
  const expressions = ['filter', 'transform', 'success'].filter((name) => fields[name] !== undefined);
  const attributes = {
    ...Object.fromEntries(unknownAttributes(present).map((name) => [name, null])),
    url: fields.url?.trim() ?? '',
    ...Object.fromEntries(['description', 'contentType', 'caCertificate'].map((name) => [name, text(name)])),
    ...Object.fromEntries(expressions.map((name) => [name, text(name)])),
    ...Object.fromEntries(
      ['timeoutSeconds', 'maxAttempts', 'rateLimitPerSecond', 'debounceSeconds'].map((name) => [
        name,
        number(name),
      ]),
    ),
    state: choice('state', 'enabled'),
    ordering: choice('ordering', 'latest'),
    orderId: choice('orderId', 'append'),
    skipUnchanged: fields.skipUnchanged === undefined ? null : true,
    notices: fields.notices === undefined ? null : true,
    sources: sourcesOf(fields),
    headers: emptyAsNull(tableOf(fields, 'header', present.headers)),
    auth: authOf(fields, mapSchema.parse(present.auth)),
    ...clientCertificateOf(fields, present),
    ...signingOf(fields, newSecret),
  };
  return { attributes, ...(newSecret !== undefined && { newSecret }) };
}

/** Attributes that a person wrote into the row and that no endpoint has. They make the row invalid, and saving removes them. */
export function unknownAttributes(present: GivenAttributes): string[] {
  return Object.keys(present).filter((name) => !Object.hasOwn(endpointSchema.shape, name));
}

/** Adds those of a preset. What a person has typed overrides them. */
export async function withPreset(
  preset: string | undefined,
  typed: GivenAttributes,
): Promise<GivenAttributes> {
  if (preset === undefined || !isPreset(preset)) return typed;
  const given = Object.fromEntries(Object.entries(typed).filter(([, value]) => value !== null));
  const { ordering, ...made } = await presetAttributes(preset);
  // Debounced deliveries need the ordering `latest`.
  const isFree = ordering !== undefined && given.debounceSeconds === undefined;
  return { ...typed, ...made, ...(isFree && { ordering }), ...given };
}

function textOf(fields: FormFields, name: string): string | undefined {
  // Browsers send CR LF.
  const text = fields[name]?.replaceAll('\r\n', '\n').trim();
  return text === '' ? undefined : text;
}

/** A text that is no number stays one, so that the schema names it. */
function numberOf(text: string | undefined): number | string | null {
  if (text === undefined) return null;
  const number = Number(text.replace(',', '.'));
  return Number.isFinite(number) ? number : text;
}

function sourcesOf(fields: FormFields): string[] | null {
  if (fields.sources !== 'some') return null;
  return Object.entries(fields).flatMap(([name, id]) => (/^source-\d+$/.test(name) ? [id] : []));
}

/** A row without a value keeps the value that its name had. */
function tableOf(fields: FormFields, table: Table, present: unknown): Record<string, unknown> {
  const stored = mapSchema.parse(present);
  const rows = new Map<string, unknown>();
  for (let index = 0; index < MOST_ROWS && fields[`${table}-${index}-name`] !== undefined; index++) {
    const name = textOf(fields, `${table}-${index}-name`);
    const was = fields[`${table}-${index}-was`] ?? '';
    if (name !== undefined) rows.set(name, textOf(fields, `${table}-${index}-value`) ?? stored[was] ?? '');
  }
  return Object.fromEntries(rows);
}

function authOf(fields: FormFields, present: Readonly<Record<string, unknown>>): GivenAttributes | null {
  const type = textOf(fields, 'auth');
  if (type === undefined || type === 'none') return null;
  const isSame = present.type === type;
  const all: readonly string[] = [...AUTH_TEXTS, ...AUTH_SECRETS];
  const parts = all.flatMap((part): [string, unknown][] => {
    if (!AUTH_PARTS.get(type)?.includes(part)) return [];
    const typed = textOf(fields, `auth-${part}`);
    if (typed !== undefined) return [[part, typed]];
    if (OPTIONAL_PARTS.includes(part)) return [];
    const isSecret = AUTH_SECRETS.some((secret) => secret === part);
    return [[part, (isSecret && isSame ? present[part] : undefined) ?? '']];
  });
  const parameters = type === 'oauth2' ? emptyAsNull(tableOf(fields, 'parameter', present.parameters)) : null;
  return { type, ...Object.fromEntries(parts), ...(parameters !== null && { parameters }) };
}

/** The key goes with its certificate. */
function clientCertificateOf(fields: FormFields, present: GivenAttributes): GivenAttributes {
  const clientCertificate = textOf(fields, 'clientCertificate') ?? null;
  const typed = textOf(fields, 'clientKey') ?? null;
  return {
    clientCertificate,
    clientKey: typed ?? (clientCertificate === null ? null : (present.clientKey ?? null)),
  };
}

function signingOf(fields: FormFields, newSecret: string | undefined): GivenAttributes {
  switch (fields.signing) {
    case 'generate':
      return newSecret === undefined ? {} : signingAttributes(newSecret);
    case 'own':
      return signingAttributes(textOf(fields, 'signingSecret') ?? '');
    case 'none':
      return { signingSecret: null, previousSigningSecrets: null };
    default:
      return {};
  }
}

function emptyAsNull<Value extends object>(value: Value): Value | null {
  return Object.keys(value).length === 0 ? null : value;
}
