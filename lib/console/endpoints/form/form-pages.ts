/** The pages that add an endpoint and edit one. */
import { html } from 'hono/html';
import { z } from 'zod';
import { canBeRowId } from '../../../operator/config-rows.ts';
import type { Connection } from '../../../operator/connection.ts';
import { addEndpoint, changeEndpoint, type GivenAttributes } from '../../../operator/endpoints/endpoints.ts';
import { checkUnsigned } from '../../../operator/endpoints/signing.ts';
import { AlreadyExistsError, NotFoundError, NotPossibleError } from '../../../operator/errors.ts';
import { sourceIds } from '../../../operator/sources/sources.ts';
import { showEndpointStatus } from '../../../operator/status/endpoint-list.ts';
import type { ConsoleApp, ConsoleContext, Html, PageContext, View } from '../../console-env.ts';
import { formOf } from '../../form.ts';
import { type Problems, problemUpdates } from '../../layout/form-field.ts';
import { showPage } from '../../layout/page.ts';
import { untrusted } from '../../layout/untrusted.ts';
import { showEndpointPage } from '../endpoint-frame.ts';
import {
  ADD_ENDPOINT_PATH,
  ENDPOINT_ROUTE,
  ENDPOINTS_PATH,
  endpointIdOf,
  endpointPath,
} from '../endpoint-path.ts';
import { newSecretNotice } from '../rotate-secret.ts';
import { endpointForm } from './endpoint-form.ts';
import { unknownAttributes } from './form-attributes.ts';
import { checkedTogether, parseForm } from './form-problems.ts';
import { type FormFields, type FormValues, lostSecrets, typedValues, valuesOf } from './form-values.ts';

const fieldsSchema = z.record(z.string(), z.string());
const NEW: GivenAttributes = {};

export function mountForms(app: ConsoleApp, { connection }: PageContext): void {
  app.get(ADD_ENDPOINT_PATH, async (c) => {
    checkWritable(c.var.view);
    return showAdd(c, connection, valuesOf(NEW), {});
  });
  app.post(ADD_ENDPOINT_PATH, async (c) => {
    const fields = formOf(c, fieldsSchema);
    const { id, attributes, newSecret, problems } = await parseForm(connection, { fields, present: NEW });
    if (Object.keys(problems).length > 0) return showAdd(c, connection, ...rejected(fields, NEW, problems));
    const given = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null));
    try {
      await addEndpoint(connection, id, given);
    } catch (error) {
      if (!(error instanceof AlreadyExistsError)) throw error;
      return showAdd(
        c,
        connection,
        ...rejected(fields, NEW, { id: 'must be new: another person has just added it' }),
      );
    }
    return saved(c, connection, id, 'added', newSecret);
  });
  app.post(`${ADD_ENDPOINT_PATH}/check`, async (c) => {
    const { problems } = await parseForm(connection, { fields: formOf(c, fieldsSchema), present: NEW });
    return c.html(updates(c, problems));
  });

  const route = `${ENDPOINT_ROUTE}/edit` as const;
  app.get(route, async (c) => {
    checkWritable(c.var.view);
    const id = endpointIdOf(c);
    return showEdit(c, connection, id, valuesOf(await rowOf(connection, id)), {});
  });
  app.post(route, async (c) => {
    const id = endpointIdOf(c);
    const present = await rowOf(connection, id);
    const fields = formOf(c, fieldsSchema);
    const { attributes, newSecret, problems } = await parseForm(connection, { id, fields, present });
    if (Object.keys(problems).length > 0)
      return showEdit(c, connection, id, ...rejected(fields, present, problems));
    checkUnsigned(id, present, attributes);
    await changeEndpoint(connection, id, changesOf(attributes, present));
    return saved(c, connection, id, 'saved', newSecret);
  });
  app.post(`${route}/check`, async (c) => {
    const id = endpointIdOf(c);
    const present = await rowOf(connection, id);
    const { problems } = await parseForm(connection, { id, fields: formOf(c, fieldsSchema), present });
    return c.html(updates(c, problems));
  });
}

function checkWritable({ isReadOnly }: View): void {
  if (isReadOnly) throw new NotPossibleError('this console is read-only', 'It changes nothing.');
}

/** With the secrets of the row, which no page gets. */
async function rowOf({ configWriter }: Connection, id: string): Promise<GivenAttributes> {
  const row = canBeRowId(id) ? await configWriter.row('endpoint', id) : undefined;
  if (row === undefined) throw new NotFoundError('endpoint', id);
  return row.attributes;
}

/** Without attributes that the row does not have anyway. */
function changesOf(attributes: GivenAttributes, present: GivenAttributes): GivenAttributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([name, value]) => value !== null || present[name] !== undefined),
  );
}

function rejected(fields: FormFields, present: GivenAttributes, problems: Problems): [FormValues, Problems] {
  const lost = lostSecrets(fields).map((name) => [
    name,
    'must be typed again: the page does not keep secrets',
  ]);
  return [typedValues(fields, present), { ...Object.fromEntries(lost), ...problems }];
}

function updates(c: ConsoleContext, problems: Problems): Html {
  return problemUpdates(checkedTogether(c.req.query('field') ?? ''), problems);
}

async function showAdd(c: ConsoleContext, connection: Connection, values: FormValues, problems: Problems) {
  const form = endpointForm(c.var.view, {
    action: ADD_ENDPOINT_PATH,
    label: 'Add the endpoint',
    ...{ isNew: true, values, problems, sourceIds: await sourceIds(connection) },
  });
  const content = html`<p class="trail"><a href="${ENDPOINTS_PATH}">Endpoints</a></p>
<h1>Add an endpoint</h1>
<p>An endpoint is a system that gets every update, such as your ERP or your shop. Only the name and the URL are needed.</p>
${form}`;
  if (Object.keys(problems).length > 0) c.status(422);
  return showPage(c, { title: 'Add an endpoint', path: ENDPOINTS_PATH, content });
}

async function showEdit(
  c: ConsoleContext,
  connection: Connection,
  id: string,
  values: FormValues,
  problems: Problems,
) {
  const path = endpointPath(id);
  const { status } = await showEndpointStatus(connection, id);
  const unknown = unknownAttributes(await rowOf(connection, id));
  const form = endpointForm(c.var.view, {
    action: `${path}/edit`,
    label: 'Save',
    expressionsPath: `${path}/expressions`,
    ...{ isNew: false, values, problems, sourceIds: await sourceIds(connection) },
  });
  if (Object.keys(problems).length > 0) c.status(422);
  const notice =
    unknown.length === 0
      ? ''
      : html`<p class="notice warn">The row has attributes that no endpoint has: ${untrusted(unknown.join(', '))}. Saving removes them.</p>`;
  return showEndpointPage(c, { status, tab: 'edit', content: html`${notice}${form}` });
}

/** A generated secret is shown in the answer: a redirect would have to carry it. */
async function saved(
  c: ConsoleContext,
  connection: Connection,
  id: string,
  done: 'added' | 'saved',
  newSecret: string | undefined,
) {
  const path = endpointPath(id);
  if (newSecret === undefined) return c.redirect(`${path}?done=${done}`, 303);
  const { status } = await showEndpointStatus(connection, id);
  const content = html`${newSecretNotice(newSecret)}<p><a class="button" href="${path}?done=${done}">Go on to the endpoint</a></p>`;
  return showEndpointPage(c, { status, tab: 'overview', content });
}
