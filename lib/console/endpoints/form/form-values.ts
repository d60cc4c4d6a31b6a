/** The values of an endpoint's form: what its row has, or what a person has typed. Never a secret. */
import { z } from 'zod';
import type { GivenAttributes } from '../../../operator/endpoints/endpoints.ts';
import { isReference } from '../../../relay/endpoint/secret.ts';

export type FormFields = Readonly<Record<string, string>>;

export interface FormValues {
  /** By the name of the field; of secrets, only references. */
  readonly fields: FormFields;
  /** The names of fields whose secret is stored: an empty field keeps it. */
  readonly stored: ReadonlySet<string>;
}

/** Attributes that are one field of the same name. */
const PLAIN = [
  ...['url', 'description', 'state', 'ordering', 'orderId', 'timeoutSeconds', 'maxAttempts'],
  ...['rateLimitPerSecond', 'debounceSeconds', 'contentType', 'filter', 'transform', 'success'],
  ...['clientCertificate', 'caCertificate'],
];
/** The parts of `auth` that are one field: `auth-username`. */
export const AUTH_TEXTS = [
  'username',
  'name',
  'tokenUrl',
  'clientId',
  'scope',
  'audience',
  'secretIn',
] as const;
export const AUTH_SECRETS = ['password', 'token', 'value', 'clientSecret'] as const;

/** Tables of names and secret values: rows such as `header-0-name`, `header-0-value`. */
export type Table = 'header' | 'parameter';
/** Empty rows below the others. */
const EMPTY_ROWS = 2;

const mapSchema = z.record(z.string(), z.unknown()).catch({});
const listSchema = z.array(z.string()).optional().catch(undefined);

/** A row that a person edited may have anything. */
export function valuesOf(row: GivenAttributes): FormValues {
  const auth = mapSchema.parse(row.auth);
  const sources = listSchema.parse(row.sources);
  const fields = new Map<string, string>();
  for (const name of PLAIN) setText(fields, name, row[name]);
  for (const name of ['skipUnchanged', 'notices']) if (row[name] === true) fields.set(name, 'on');
  fields.set('sources', sources === undefined ? 'all' : 'some');
  for (const [index, id] of (sources ?? []).entries()) fields.set(`source-${index}`, id);
  setText(fields, 'auth', auth.type);
  for (const part of AUTH_TEXTS) setText(fields, `auth-${part}`, auth[part]);
  const stored = new Set<string>();
  const secrets = [
    ...AUTH_SECRETS.map((part) => [`auth-${part}`, auth[part]] as const),
    ['clientKey', row.clientKey] as const,
    ['signingSecret', row.signingSecret] as const,
    ...tableEntries('header', row.headers, fields),
    ...tableEntries('parameter', auth.parameters, fields),
  ];
  for (const [name, secret] of secrets) {
    if (typeof secret !== 'string' || secret === '') continue;
    stored.add(name);
    if (isReference(secret)) fields.set(name, secret);
  }
  return { fields: Object.fromEntries(fields), stored };
}

/** Keeps what was typed, without secrets. */
export function typedValues(typed: FormFields, present: GivenAttributes): FormValues {
  const isKept = ([name, value]: readonly [string, string]) => !isSecretField(name) || isReference(value);
  return {
    fields: Object.fromEntries(Object.entries(typed).filter(isKept)),
    stored: valuesOf(present).stored,
  };
}

/** Secrets that were typed and are not in the page any more. */
export function lostSecrets(typed: FormFields): string[] {
  return Object.entries(typed).flatMap(([name, value]) =>
    isSecretField(name) && value !== '' && !isReference(value) ? [name] : [],
  );
}

function isSecretField(name: string): boolean {
  return (
    AUTH_SECRETS.some((part) => name === `auth-${part}`) ||
    ['clientKey', 'signingSecret'].includes(name) ||
    /^(header|parameter)-\d+-value$/.test(name)
  );
}

/** The rows to show: those with a name, and some empty ones. */
export function rowCount(fields: FormFields, table: Table): number {
  const indexes = Object.entries(fields).flatMap(([name, value]) => {
    const [, index] = new RegExp(`^${table}-(\\d{1,3})-name$`).exec(name) ?? [];
    return index === undefined || value === '' ? [] : [Number(index)];
  });
  return Math.max(-1, ...indexes) + 1 + EMPTY_ROWS;
}

function tableEntries(table: Table, map: unknown, fields: Map<string, string>) {
  return Object.entries(mapSchema.parse(map)).map(([name, value], index) => {
    fields.set(`${table}-${index}-name`, name);
    // The secret stays with its row when the name changes.
    fields.set(`${table}-${index}-was`, name);
    return [`${table}-${index}-value`, value] as const;
  });
}

function setText(fields: Map<string, string>, name: string, value: unknown): void {
  if (typeof value === 'string' || typeof value === 'number') fields.set(name, String(value));
}
