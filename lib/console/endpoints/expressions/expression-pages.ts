/** The page that edits an endpoint's filter, transform and `success` expression. */
import { html } from 'hono/html';
import { z } from 'zod';
import type { Connection } from '../../../operator/connection.ts';
import { endpointIssues } from '../../../operator/endpoints/endpoint-issues.ts';
import { changeEndpoint } from '../../../operator/endpoints/endpoints.ts';
import { previewExpressions } from '../../../operator/endpoints/expression-preview.ts';
import { isPreset, presetText } from '../../../operator/endpoints/presets.ts';
import { InvalidInputError, NotFoundError, NotPossibleError } from '../../../operator/errors.ts';
import { recentOrders } from '../../../operator/orders/recent-orders.ts';
import { showEndpointStatus } from '../../../operator/status/endpoint-list.ts';
import type { ConsoleApp, ConsoleContext, PageContext } from '../../console-env.ts';
import { formOf } from '../../form.ts';
import { type Problems, problemUpdates } from '../../layout/form-field.ts';
import { sentence } from '../../layout/sentence.ts';
import { showEndpointPage } from '../endpoint-frame.ts';
import { ENDPOINT_ROUTE, endpointIdOf, endpointPath } from '../endpoint-path.ts';
import { type EditorFields, expressionEditor } from './expression-editor.ts';
import { emptyPreview, previewUpdates } from './preview-parts.ts';

const NAMES = ['filter', 'transform', 'success'] as const;
/** Updates to choose from. */
const NEWEST = 15;
/** Updates on which the filter is tried. */
const TRIED = 50;

const expression = z
  .string()
  .default('')
  .transform((text) => text.replaceAll('\r\n', '\n').trim());
const formSchema = z.object({
  ...{ filter: expression, transform: expression, success: expression },
  event: z.string().default(''),
  order: z.string().trim().default(''),
  show: z.literal('on').optional(),
});
type EditorForm = z.output<typeof formSchema>;

export function mountExpressions(app: ConsoleApp, { connection }: PageContext): void {
  const route = `${ENDPOINT_ROUTE}/expressions` as const;
  app.get(route, async (c) => {
    if (c.var.view.isReadOnly)
      throw new NotPossibleError(
        'this console is read-only',
        'The overview of the endpoint shows its expressions.',
      );
    const { valid } = await validEndpoint(connection, endpointIdOf(c));
    const { filter = '', transform = '', success = '' } = valid;
    const { preset = '' } = c.req.query();
    const made = isPreset(preset) ? await presetText(preset) : transform;
    return showEditor(c, connection, { filter, transform: made, success }, {});
  });
  app.post(route, async (c) => {
    const id = endpointIdOf(c);
    const form = formOf(c, formSchema);
    const problems = await problemsOf(connection, id, form);
    if (Object.keys(problems).length > 0) return showEditor(c, connection, fieldsOf(form), problems);
    await changeEndpoint(connection, id, (present) => changesOf(form, present));
    return c.redirect(`${endpointPath(id)}?done=saved`, 303);
  });
  app.post(`${route}/preview`, async (c) => {
    const id = endpointIdOf(c);
    const form = formOf(c, formSchema);
    const problems = await problemsOf(connection, id, form);
    const preview = await previewOf(c, connection, id, form, problems);
    return c.html(html`${problemUpdates(NAMES, problems)}${preview}`);
  });
}

async function validEndpoint(connection: Connection, id: string) {
  const { row, status } = await showEndpointStatus(connection, id);
  if (row === undefined || !('valid' in row))
    throw new NotPossibleError(`the settings of ${id} are invalid`, 'Edit them first.');
  return { valid: row.valid, status };
}

async function problemsOf(connection: Connection, id: string, form: EditorForm): Promise<Problems> {
  const { valid } = await validEndpoint(connection, id);
  const { id: _, ...present } = valid;
  const issues = await endpointIssues(connection, {
    ...{ id, isNew: false, present: { url: present.url }, change: changesOf(form, {}) },
  });
  return Object.fromEntries(issues.map(({ attribute, problem }) => [attribute, problem]));
}

/** Null for an empty one that the row has. */
function changesOf(form: EditorForm, present: Readonly<Record<string, unknown>>) {
  return Object.fromEntries(
    NAMES.flatMap((name): [string, string | null][] => {
      if (form[name] !== '') return [[name, form[name]]];
      return present[name] === undefined ? [] : [[name, null]];
    }),
  );
}

function fieldsOf({ show, ...texts }: EditorForm): EditorFields {
  return { ...texts, ...(show !== undefined && { show }) };
}

async function showEditor(
  c: ConsoleContext,
  connection: Connection,
  fields: EditorFields,
  problems: Problems,
) {
  const id = endpointIdOf(c);
  const { status } = await validEndpoint(connection, id);
  const { items: newest } = await recentOrders(connection, { limit: NEWEST });
  const path = `${endpointPath(id)}/expressions`;
  const content = expressionEditor(c.var.view, { path, fields, problems, newest });
  if (Object.keys(problems).length > 0) c.status(422);
  return showEndpointPage(c, { status, tab: 'expressions', content });
}

async function previewOf(
  c: ConsoleContext,
  connection: Connection,
  id: string,
  form: EditorForm,
  problems: Problems,
) {
  // An expression with a mistake is not evaluated.
  const usable = (name: (typeof NAMES)[number]) =>
    form[name] === '' || problems[name] !== undefined ? undefined : form[name];
  try {
    const preview = await previewExpressions(connection, {
      ...{ endpointId: id, limit: TRIED, filter: usable('filter') },
      ...{ transform: usable('transform'), success: usable('success') },
      eventId: form.event === '' ? undefined : form.event,
      order: form.order === '' ? undefined : form.order,
    });
    return previewUpdates(c.var.view, preview, form.show === 'on');
  } catch (error) {
    // The message stands beside the choice of the update.
    if (error instanceof NotFoundError || error instanceof InvalidInputError)
      return emptyPreview(sentence(error.message));
    throw error;
  }
}
