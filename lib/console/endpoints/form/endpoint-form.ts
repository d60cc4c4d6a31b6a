/** The form of an endpoint with all its attributes. */
import { html } from 'hono/html';
import { PRESETS } from '../../../operator/endpoints/presets.ts';
import type { Html, View } from '../../console-env.ts';
import { actionForm } from '../../layout/action-form.ts';
import {
  areaField,
  type Bind,
  checkField,
  type Problems,
  problemSlot,
  selectField,
  textField,
} from '../../layout/form-field.ts';
import { untrusted } from '../../layout/untrusted.ts';
import { authFields, headerFields, signingFields, tlsFields } from './credential-fields.ts';
import type { FormValues } from './form-values.ts';

export interface EndpointFormParts {
  readonly action: string;
  readonly label: string;
  readonly isNew: boolean;
  readonly values: FormValues;
  readonly problems: Problems;
  readonly sourceIds: readonly string[];
  /** The page where expressions are edited. */
  readonly expressionsPath?: string;
}

export function endpointForm(view: View, parts: EndpointFormParts): Html {
  const { action, label, isNew, values, problems } = parts;
  const bind: Bind = (name) => ({
    ...{ name, value: values.fields[name], problem: problems[name], checkPath: `${action}/check` },
  });
  const isWrong = Object.values(problems).some((problem) => problem !== undefined);
  return html`${
    isWrong
      ? html`<p class="notice bad" role="alert">Nothing was saved. Correct the marked fields. ${untrusted(otherProblems(parts))}</p>`
      : ''
  }${actionForm(view, {
    action,
    label,
    kind: 'primary',
    isStacked: true,
    isCheckedByServer: true,
    fields: html`${destination(bind, isNew)}${selection(bind, parts)}${group(
      'Sending',
      sending(bind),
      isUsed(parts, /^(ordering|timeoutSeconds|maxAttempts|rateLimitPerSecond|debounceSeconds)$/),
    )}${group('Content', content(bind, parts), !isNew || isUsed(parts, /^(preset|transform|success|contentType)$/))}${group(
      'Headers and authentication',
      html`${headerFields(bind, values, problems)}${authFields(bind, values, problems)}`,
      isUsed(parts, /^(header|auth|parameter)(-|$)/),
    )}${group('Signature', signingFields(bind, values, isNew), isUsed(parts, /^signing/))}${group(
      'Certificates (mutual TLS)',
      tlsFields(bind, values),
      isUsed(parts, /^(clientCertificate|clientKey|caCertificate)$/),
    )}`,
  })}`;
}

/** Problems without a field: of the name of an endpoint that exists, or of the row as a whole. */
function otherProblems({ problems, isNew }: EndpointFormParts): string {
  const texts = [
    ...(isNew || problems.id === undefined ? [] : [`Its name ${problems.id}.`]),
    ...(problems.row === undefined ? [] : [`The row ${problems.row}.`]),
  ];
  return texts.join(' ');
}

function group(title: string, fields: Html, isOpen = true): Html {
  return html`<details class="card form-group"${isOpen ? html` open` : ''}><summary><h2>${title}</h2></summary>${fields}</details>`;
}

/** The choices of a new form. */
const DEFAULTS = new Map([
  ['ordering', 'latest'],
  ['auth', 'none'],
  ['signing', 'none'],
]);

/** A group whose fields all have their defaults is closed: most endpoints need only a name and a URL. */
function isUsed({ values, problems }: EndpointFormParts, names: RegExp): boolean {
  const { fields, stored } = values;
  const isChosen = ([name, value]: [string, string]) => value !== '' && value !== DEFAULTS.get(name);
  const used = [
    ...Object.entries(fields)
      .filter(isChosen)
      .map(([name]) => name),
    ...stored,
  ];
  const wrong = Object.entries(problems).flatMap(([name, problem]) => (problem === undefined ? [] : [name]));
  return [...used, ...wrong].some((name) => names.test(name));
}

function destination(bind: Bind, isNew: boolean): Html {
  return group(
    'Destination',
    html`${
      isNew
        ? textField({
            ...bind('id'),
            label: 'Short name',
            placeholder: 'erp',
            help: 'It cannot be changed later.',
            isRequired: true,
          })
        : ''
    }${textField({
      ...bind('url'),
      label: 'URL',
      type: 'url',
      placeholder: 'https://erp.example.com/hooks/order',
      help: '{orderid} in its path or query stands for the order id.',
      isRequired: true,
    })}${selectField({
      ...bind('orderId'),
      label: 'Order id in the URL',
      options: { append: 'append it as orderid=…, as the Hub does', none: 'do not add it' },
      help: 'A URL with {orderid} has it there.',
    })}${textField({ ...bind('description'), label: 'Description' })}${selectField({
      ...bind('state'),
      label: 'State',
      options: {
        enabled: 'enabled',
        paused: 'paused: deliveries wait',
        disabled: 'disabled: deliveries are cancelled',
      },
    })}`,
  );
}

function selection(
  bind: Bind,
  { values, problems, sourceIds, isNew, expressionsPath }: EndpointFormParts,
): Html {
  const chosen = new Set(
    Object.entries(values.fields).flatMap(([name, id]) => (/^source-\d+$/.test(name) ? [id] : [])),
  );
  const all = [...new Set([...sourceIds, ...chosen])];
  return group(
    'Which updates',
    html`${selectField({
      ...bind('sources'),
      label: 'Sources',
      options: { all: 'updates of all sources', some: 'only of these sources' },
    })}<fieldset class="only-some"><legend class="hidden">Sources</legend>${all.map(
      (id, index) =>
        html`<label class="choice"><input type="checkbox" name="source-${index}" value="${id}"${chosen.has(id) ? html` checked` : ''} /> ${untrusted(id)}</label>`,
    )}</fieldset>${
      isNew
        ? areaField({
            ...bind('filter'),
            label: 'Filter',
            placeholder: "'Shipped' in order.Items.Status",
            help: 'JSONata. Only updates for which it is true are sent. Empty: all.',
          })
        : html`<p>Filter: ${problems.filter === undefined ? '' : problemSlot('filter', problems.filter)}<a href="${expressionsPath ?? ''}">edit it with a preview on real updates</a></p>`
    }${checkField({
      ...bind('skipUnchanged'),
      label: 'Skip an update whose order is identical to the one before',
    })}${checkField({
      ...bind('notices'),
      label: 'Send the relay’s notices, too',
      help: 'An endpoint is failing or has recovered, a delivery is dead, the Hub is silent.',
    })}`,
  );
}

function sending(bind: Bind): Html {
  return html`${selectField({
    ...bind('ordering'),
    label: 'Ordering of the updates of one order',
    options: {
      latest: 'latest: a newer update supersedes one that waits',
      strict: 'strict: every update, one after the other',
      none: 'none: every update at once',
    },
  })}${number(bind, 'timeoutSeconds', 'Timeout in seconds', '10', 'The limit of one attempt, 1 to 30.')}${number(
    bind,
    'maxAttempts',
    'Attempts',
    '10',
    'A delivery is dead after so many failed attempts, 1 to 100.',
  )}${number(bind, 'rateLimitPerSecond', 'Requests per second', 'no limit', 'At most, 0.01 to 1000.')}${number(
    bind,
    'debounceSeconds',
    'Debounce in seconds',
    'send at once',
    'Send only the newest update, once its order had no newer one for this long, 1 to 900. With the ordering latest.',
  )}`;
}

function number(bind: Bind, name: string, label: string, placeholder: string, help: string): Html {
  return textField({ ...bind(name), label, placeholder, help, type: 'number' });
}

function content(bind: Bind, { isNew, problems, expressionsPath }: EndpointFormParts): Html {
  const presets = { '': 'none', ...PRESETS };
  return html`${
    isNew
      ? html`${selectField({
          ...bind('preset'),
          label: 'Ready-made transform',
          options: presets,
          help: 'For a chat, it also sets a filter, the ordering none and a rate limit, unless you set them.',
        })}${areaField({
          ...bind('transform'),
          label: 'Transform',
          help: 'JSONata. Its result is sent instead of the webhook’s body. Empty: the body unchanged.',
        })}${areaField({
          ...bind('success'),
          label: 'Success',
          placeholder: 'status in [200..299]',
          help: 'JSONata over the answer { status, headers, body }. Empty: any 2xx is a success.',
        })}`
      : html`<p>Transform and success: ${['transform', 'success'].map((name) => (problems[name] === undefined ? '' : problemSlot(name, problems[name])))}<a href="${expressionsPath ?? ''}">edit them with a preview on real updates</a></p>`
  }${textField({
    ...bind('contentType'),
    label: 'Content type',
    placeholder: 'that of the webhook, or of the transform’s result',
  })}`;
}
