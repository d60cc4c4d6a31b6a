/** The editor of an endpoint's expressions, with a preview that follows what a person types. */
import { html } from 'hono/html';
import { PRESETS } from '../../../operator/endpoints/presets.ts';
import type { EventRecord } from '../../../relay/model/event.ts';
import { printableText } from '../../../relay/model/printable.ts';
import type { Html, View } from '../../console-env.ts';
import { actionForm } from '../../layout/action-form.ts';
import { changesText } from '../../layout/changes-text.ts';
import { areaField, checkField, type Problems, selectField, textField } from '../../layout/form-field.ts';
import { PREVIEW_NAMES, type PreviewName } from './preview-parts.ts';

/** The typed and chosen values, by the name of the field. */
export type EditorFields = Readonly<Record<string, string>>;

export interface EditorParts {
  readonly path: string;
  readonly fields: EditorFields;
  readonly problems: Problems;
  /** The newest updates, to choose one. */
  readonly newest: readonly EventRecord[];
}

export function expressionEditor(view: View, { path, fields, problems, newest }: EditorParts): Html {
  const bind = (name: string) => ({ name, value: fields[name], problem: problems[name] });
  return html`${presetForm(path)}
${actionForm(view, {
  action: path,
  label: 'Save',
  kind: 'primary',
  isStacked: true,
  isCheckedByServer: true,
  fields: html`<div class="editor" hx-post="${path}/preview" hx-trigger="load, input delay:500ms, change" hx-swap="none" hx-sync="this:replace"><div class="card chooser"><h2>Preview on a real update</h2>
<div class="row">${selectField({
    ...bind('event'),
    label: 'Update',
    options: { '': 'the newest one', ...Object.fromEntries(newest.map(option)) },
  })}${textField({ ...bind('order'), label: 'or the newest one of an order', placeholder: 'any id of the order' })}</div>
${checkField({
  ...bind('show'),
  label: 'Show the input and the transform’s result',
  help: 'They contain personal data, such as the customer’s name and address.',
})}
${place('event', 'Reading…')}${place('input', '')}</div>
${expression('Filter', 'filter', bind, "'Shipped' in order.Items.Status", 'Only updates for which it is true are sent. Empty: all.')}
${expression('Transform', 'transform', bind, '{ "id": event.orderId, "changes": changes }', 'Its result is sent instead of the webhook’s body. Empty: the body unchanged.')}
${expression('Success', 'success', bind, 'status in [200..299]', 'Over the answer { status, headers, body }. Empty: any 2xx is a success.')}</div>`,
})}`;
}

function expression(
  label: string,
  name: PreviewName,
  bind: (name: string) => { name: string; value: string | undefined; problem: string | undefined },
  placeholder: string,
  help: string,
): Html {
  return html`<div class="card expression">${areaField({ ...bind(name), label, placeholder, help: `JSONata. ${help}` })}${place(name, '')}</div>`;
}

/** Filled by the preview. */
function place(name: PreviewName, text: string): Html {
  return html`<div id="${PREVIEW_NAMES[name]}" class="preview" aria-live="polite">${text}</div>`;
}

function option(event: EventRecord): [string, string] {
  const { eventId, niceId, orderId, receivedAt } = event;
  const time = receivedAt.toISOString().slice(0, 16).replace('T', ' ');
  return [
    eventId,
    printableText(
      `${(niceId ?? orderId ?? 'no order id').slice(0, 40)} · ${time} UTC · ${changesText(event, 1)}`,
    ),
  ];
}

function presetForm(path: string): Html {
  return html`<form method="get" action="${path}" class="filters">${selectField({
    name: 'preset',
    label: 'Start from a ready-made transform',
    options: PRESETS,
  })}<button>Use it</button></form>`;
}
