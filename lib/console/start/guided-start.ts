/** The guided start of a new relay: four steps, of which the first open one is marked. */
import { html } from 'hono/html';
import type { Html, View } from '../console-env.ts';
import { actionForm } from '../layout/action-form.ts';
import { copyableText } from '../layout/copyable-text.ts';
import { type Problems, textField } from '../layout/form-field.ts';
import { liveRegion } from '../layout/live-region.ts';
import { outcomeList } from '../layout/outcome-list.ts';
import { relayCommand } from '../layout/relay-command.ts';
import { untrusted } from '../layout/untrusted.ts';
import type { Setup } from './setup.ts';

export interface StartParts {
  /** The address of a source that was added just now: it is shown once. */
  readonly newAddress?: string;
  /** The typed values and their problems, by the name of the field. */
  readonly typed?: Readonly<Record<string, string>>;
  readonly problems?: Problems;
}

export function guidedStart(view: View, setup: Setup, parts: StartParts = {}): Html {
  const done = [
    setup.sourceIds.length > 0,
    setup.endpointIds.length > 0,
    wasDelivered(setup),
    setup.hasWebhook,
  ];
  const current = done.indexOf(false);
  const contents = [
    addressStep(view, setup, parts),
    endpointStep(view, setup, parts),
    testStep(view, setup),
    liveRegion(view, { id: 'arrival', path: '/start/arrival', content: arrival(view, setup) }),
  ];
  return html`<h1>Welcome. Four steps to the first delivery</h1>
<ol class="steps">${contents.map(
    (content, index) =>
      html`<li class="${done[index] ? 'done' : index === current ? 'now' : 'later'}"${
        index === current ? html` aria-current="step"` : ''
      }>${content}</li>`,
  )}</ol>`;
}

function addressStep(view: View, { sourceIds, address }: Setup, parts: StartParts): Html {
  const { newAddress, typed = {}, problems = {} } = parts;
  const heading = html`<h2>Give the Hub the relay’s address</h2>`;
  if (newAddress !== undefined)
    return html`${heading}
<p>Paste this address unchanged into the Hub. It contains a secret and <strong>is shown only now</strong>.</p>
${copyableText(newAddress, 'Copy the address')}`;
  if (sourceIds.length === 0)
    return html`${heading}
<p>The relay needs one source for each Hub account. Adding it makes the address.</p>
${actionForm(view, {
  action: '/start/source',
  label: 'Make the address',
  kind: 'primary',
  isStacked: true,
  isCheckedByServer: true,
  fields: textField({
    name: 'source',
    label: 'Name of the source',
    value: typed.source ?? 'main',
    isRequired: true,
    problem: problems.source,
    checkPath: '/start/source/check',
  }),
})}`;
  if (address !== undefined)
    return html`${heading}<p>Paste this address unchanged into the Hub.</p>${copyableText(address, 'Copy the address')}`;
  return html`${heading}
<p>The address was shown when the source ${untrusted(sourceIds[0] ?? '')} was added; the relay stores only its hash. If it is lost, make a new one: ${relayCommand(view, `sources rotate ${sourceIds[0] ?? ''}`)}</p>`;
}

function endpointStep(view: View, { endpointIds }: Setup, { typed = {}, problems = {} }: StartParts): Html {
  if (endpointIds.length > 0)
    return html`<h2>Add an endpoint</h2><p>Every update goes to ${endpointIds.map((id, index) => html`${index > 0 ? ', ' : ''}${untrusted(id)}`)}.</p>`;
  return html`<h2>Add an endpoint</h2>
<p>An endpoint is a system that gets every update, such as your ERP or your shop.</p>
${actionForm(view, {
  action: '/start/endpoint',
  label: 'Add the endpoint',
  kind: 'primary',
  isStacked: true,
  isCheckedByServer: true,
  fields: html`${textField({
    name: 'endpoint',
    value: typed.endpoint,
    problem: problems.endpoint,
    checkPath: '/start/endpoint/check',
    label: 'Short name',
    placeholder: 'erp',
    isRequired: true,
  })}${textField({
    name: 'url',
    value: typed.url,
    problem: problems.url,
    checkPath: '/start/endpoint/check',
    label: 'URL',
    type: 'url',
    placeholder: 'https://erp.example.com/hooks/order?orderid=',
    help: 'The relay adds the order’s id at the end, as the Hub does.',
    isRequired: true,
  })}`,
})}`;
}

function testStep(view: View, { endpointIds, test }: Setup): Html {
  const heading = html`<h2>Send a test</h2>`;
  if (endpointIds.length === 0) return html`${heading}<p>As soon as there is an endpoint.</p>`;
  const result =
    test === undefined
      ? html`<p>A test is an example order. It goes to the endpoint as a real update does.</p>`
      : html`<p>The newest test:</p>${outcomeList(test)}`;
  return html`${heading}${result}<p>${endpointIds.slice(0, 5).map((id) =>
    actionForm(view, {
      action: '/start/test',
      label: test === undefined ? `Send a test to ${id}` : `Test ${id} again`,
      kind: test === undefined ? 'primary' : 'plain',
      fields: html`<input type="hidden" name="endpoint" value="${id}" />`,
    }),
  )}</p>`;
}

function wasDelivered({ test }: Setup): boolean {
  return Object.values(test?.outcomes ?? {}).some(({ state }) => state === 'delivered');
}

/** Changes by itself when the first webhook is there. */
export function arrival(view: View, { hasWebhook, sourceIds }: Setup): Html {
  const heading = html`<h2>See the first update arrive</h2>`;
  if (hasWebhook)
    return html`${heading}<p role="status">The Hub’s first webhook is here. <a class="button primary" href="/">Open the console</a></p>`;
  if (sourceIds.length === 0) return html`${heading}<p>The Hub sends one for each change of an order.</p>`;
  return html`${heading}<p>Change an order in the Hub, or play the Hub on this machine: ${relayCommand(view, 'trigger Shipped')}. This step changes by itself.</p>`;
}
