/** Replaces a signing secret, and shows the new one once. */
import { html } from 'hono/html';
import { z } from 'zod';
import { newSigningSecret, rotateSecret } from '../../operator/endpoints/signing.ts';
import { showEndpointStatus } from '../../operator/status/endpoint-list.ts';
import { after } from '../../relay/model/clock.ts';
import type { ConsoleApp, Html, PageContext, View } from '../console-env.ts';
import { formOf } from '../form.ts';
import { actionForm } from '../layout/action-form.ts';
import { copyableText } from '../layout/copyable-text.ts';
import { exactTime } from '../layout/times.ts';
import { showEndpointPage } from './endpoint-frame.ts';
import { ENDPOINT_ROUTE, endpointIdOf, endpointPath } from './endpoint-path.ts';

const HOUR_MS = 60 * 60_000;
const GRACE_PERIODS = {
  '1d': { label: '1 day', ms: 24 * HOUR_MS },
  '1h': { label: '1 hour', ms: HOUR_MS },
  '7d': { label: '7 days', ms: 7 * 24 * HOUR_MS },
  '30d': { label: '30 days', ms: 30 * 24 * HOUR_MS },
  none: { label: 'not at all: the old secret has leaked', ms: 0 },
} as const;

const rotateFormSchema = z.object({ grace: z.enum(['1d', '1h', '7d', '30d', 'none']) });

export function rotateForm(view: View, id: string): Html {
  return html`<details class="card"><summary>Rotate the signing secret</summary>
<p>The relay signs with a new secret, which is shown once. For a grace period it also signs with the old one, so the endpoint can switch at any time.</p>
${actionForm(view, {
  action: `${endpointPath(id)}/rotate-secret`,
  label: 'Rotate the secret…',
  kind: 'danger',
  confirm: `Rotate the signing secret of ${id}? The endpoint must get the new secret before the grace period ends.`,
  isStacked: true,
  fields: html`<div class="field"><label for="grace">Also sign with the old secret for</label>
<select id="grace" name="grace">${Object.entries(GRACE_PERIODS).map(([value, { label }]) => html`<option value="${value}">${label}</option>`)}</select></div>`,
})}</details>`;
}

export function mountRotateSecret(app: ConsoleApp, { connection }: PageContext): void {
  app.post(`${ENDPOINT_ROUTE}/rotate-secret`, async (c) => {
    const { ms } = GRACE_PERIODS[formOf(c, rotateFormSchema).grace];
    const secret = newSigningSecret();
    const endpoint = await rotateSecret(connection, endpointIdOf(c), secret, ms);
    const { status } = await showEndpointStatus(connection, endpoint.id);
    const until = ms === 0 ? undefined : after(connection.clock.now(), ms);
    const content = html`${newSecretNotice(secret)}
<p>${
      until === undefined
        ? 'The old secret is not used any more.'
        : html`The relay also signs with the old secret until ${exactTime(until)}.`
    }</p>
<p><a class="button" href="${endpointPath(endpoint.id)}">Back to the endpoint</a></p>`;
    return showEndpointPage(c, { status, tab: 'overview', content });
  });
}

export function newSecretNotice(secret: string): Html {
  return html`<div class="notice good" role="status"><p>The new signing secret. Give it to the endpoint now: it <strong>is shown only once</strong>.</p>
${copyableText(secret, 'Copy the secret')}</div>`;
}
