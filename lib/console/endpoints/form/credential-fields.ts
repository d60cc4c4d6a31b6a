/** The fields for headers, authentication, signature and certificates. */
import { html } from 'hono/html';
import type { Html } from '../../console-env.ts';
import {
  areaField,
  type Bind,
  type Problems,
  problemSlot,
  secretField,
  selectField,
  textField,
} from '../../layout/form-field.ts';
import { type FormValues, rowCount, type Table } from './form-values.ts';

const SECRET_HELP =
  'A value, or a reference that the relay reads when it sends: ssm:/name when deployed, env:NAME or file:/path on one machine.';

export function headerFields(bind: Bind, values: FormValues, problems: Problems): Html {
  return table(bind, values, problems, {
    table: 'header',
    legend: 'Headers that are added to each request',
    help: html`${SECRET_HELP} Values are never shown: an empty one is unchanged. Clear the name to remove a header.`,
  });
}

export function authFields(bind: Bind, values: FormValues, problems: Problems): Html {
  const secret = (name: string, label: string) => secretOf(bind, values, name, label);
  return html`${selectField({
    ...bind('auth'),
    label: 'Authentication',
    options: {
      none: 'none',
      basic: 'basic: user name and password',
      bearer: 'bearer: a token',
      header: 'header: a key in a header',
      oauth2: 'oauth2: client credentials',
    },
  })}
<div class="only-basic">${textField({ ...bind('auth-username'), label: 'User name' })}${secret('auth-password', 'Password')}</div>
<div class="only-bearer">${secret('auth-token', 'Token')}</div>
<div class="only-header">${textField({ ...bind('auth-name'), label: 'Name of the header', placeholder: 'X-Api-Key' })}${secret('auth-value', 'Value of the header')}</div>
<div class="only-oauth2">${textField({ ...bind('auth-tokenUrl'), label: 'Token URL', type: 'url' })}${textField(
    {
      ...bind('auth-clientId'),
      label: 'Client id',
    },
  )}${secret('auth-clientSecret', 'Client secret')}${textField({
    ...bind('auth-scope'),
    label: 'Scope (optional)',
  })}${textField({ ...bind('auth-audience'), label: 'Audience (optional)' })}${selectField({
    ...bind('auth-secretIn'),
    label: 'Send the client secret',
    options: {
      '': 'in a Basic header, as the standard says',
      'basic-unencoded': 'in a Basic header without form encoding',
      body: 'in the body (client_secret_post)',
    },
  })}${table(bind, values, problems, {
    table: 'parameter',
    legend: 'More parameters of the token request',
    help: 'Such as resource. An empty value is unchanged. Clear the name to remove a parameter.',
  })}</div>`;
}

function secretOf(bind: Bind, { stored, fields }: FormValues, name: string, label: string): Html {
  const { value: _, ...field } = bind(name);
  return secretField({
    ...field,
    label,
    isSet: stored.has(name),
    reference: fields[name],
    help: stored.has(name) ? `It is stored and never shown. Empty: unchanged. ${SECRET_HELP}` : SECRET_HELP,
  });
}

interface TableParts {
  readonly table: Table;
  readonly legend: string;
  readonly help: Html | string;
}

function table(
  bind: Bind,
  values: FormValues,
  problems: Problems,
  { table, legend, help }: TableParts,
): Html {
  const { fields, stored } = values;
  const { checkPath } = bind(table);
  const common = { checkPath, checkedAs: table };
  const rows = Array.from({ length: rowCount(fields, table) }, (_, index) => {
    const [name, value, was] = ['name', 'value', 'was'].map((part) => `${table}-${index}-${part}`);
    if (name === undefined || value === undefined || was === undefined) return html``;
    return html`<div class="row">${textField({ ...common, name, label: 'Name', value: fields[name] })}${secretField(
      {
        ...common,
        name: value,
        label: 'Value',
        isSet: stored.has(value),
        reference: fields[value],
        problem: problems[value],
      },
    )}${fields[was] === undefined ? '' : html`<input type="hidden" name="${was}" value="${fields[was]}" />`}</div>`;
  });
  return html`<fieldset><legend>${legend}</legend><small class="quiet">${help}</small>${rows}${problemSlot(table, problems[table])}</fieldset>`;
}

export function signingFields(bind: Bind, values: FormValues, isNew: boolean): Html {
  const isSigned = !isNew && values.stored.has('signingSecret');
  if (isSigned)
    return html`<p>Requests are signed (Standard Webhooks). The overview page rotates the secret.</p>${selectField(
      {
        ...bind('signing'),
        label: 'Signature',
        options: { keep: 'sign with the stored secret', none: 'stop signing, and forget the secret' },
      },
    )}`;
  return html`${selectField({
    ...bind('signing'),
    label: 'Signature (Standard Webhooks)',
    options: {
      none: 'do not sign',
      generate: 'sign with a new secret, which is shown once',
      own: 'sign with this secret',
    },
  })}<div class="only-own">${secretOf(bind, values, 'signingSecret', 'Signing secret')}</div>`;
}

export function tlsFields(bind: Bind, values: FormValues): Html {
  return html`${areaField({
    ...bind('clientCertificate'),
    label: 'Certificate of the relay',
    help: 'In PEM. For a server that wants one. A chain begins with the relay’s own. Clear it to remove it with its key.',
  })}${secretOf(bind, values, 'clientKey', 'Private key of the certificate')}${areaField({
    ...bind('caCertificate'),
    label: 'Authority of the server',
    help: 'In PEM. Only servers with a certificate of this authority are accepted, instead of the public ones.',
  })}`;
}
