/** The actions of the guided start. */
import { z } from 'zod';
import { checkAttributes } from '../../operator/attributes.ts';
import type { Connection } from '../../operator/connection.ts';
import { endpointIssues } from '../../operator/endpoints/endpoint-issues.ts';
import { testEndpoint } from '../../operator/endpoints/endpoint-test.ts';
import { addEndpoint } from '../../operator/endpoints/endpoints.ts';
import { AlreadyExistsError, InvalidInputError } from '../../operator/errors.ts';
import { addSource } from '../../operator/sources/sources.ts';
import { sourceIdSchema } from '../../relay/endpoint/source.ts';
import type { ConsoleApp, ConsoleContext, PageContext } from '../console-env.ts';
import { formOf } from '../form.ts';
import { type Problems, problemUpdates } from '../layout/form-field.ts';
import { showPage } from '../layout/page.ts';
import { arrival, guidedStart, type StartParts } from './guided-start.ts';
import { readSetup } from './setup.ts';

const sourceForm = z.object({ source: z.string().trim() });
const endpointForm = z.object({ endpoint: z.string().trim(), url: z.string().trim() });
const testForm = z.object({ endpoint: z.string() });

export function mountStart(app: ConsoleApp, { connection }: PageContext): void {
  app.get('/start/arrival', async (c) => c.html(arrival(c.var.view, await readSetup(connection))));
  app.post('/start/source', async (c) => {
    const typed = formOf(c, sourceForm);
    try {
      const { address } = await addSource(connection, typed.source);
      return showStart(c, connection, { newAddress: address });
    } catch (error) {
      const problems = sourceProblems(error);
      return showStart(c, connection, { typed, problems });
    }
  });
  app.post('/start/source/check', (c) => {
    const { source } = formOf(c, sourceForm);
    return c.html(problemUpdates(['source'], checkedSource(source)));
  });
  app.post('/start/endpoint', async (c) => {
    const typed = formOf(c, endpointForm);
    const problems = await endpointProblems(connection, typed);
    if (Object.keys(problems).length > 0) return showStart(c, connection, { typed, problems });
    await addEndpoint(connection, typed.endpoint, { url: typed.url });
    return c.redirect('/', 303);
  });
  app.post('/start/endpoint/check', async (c) => {
    const problems = await endpointProblems(connection, formOf(c, endpointForm));
    const names = ['endpoint', 'url'].filter((name) => name === c.req.query('field'));
    return c.html(problemUpdates(names, problems));
  });
  app.post('/start/test', async (c) => {
    // Its outcome is stored, and the page shows it.
    await testEndpoint(connection, formOf(c, testForm).endpoint, { signal: c.req.raw.signal });
    return c.redirect('/', 303);
  });
}

async function showStart(c: ConsoleContext, connection: Connection, parts: StartParts): Promise<Response> {
  if (parts.problems !== undefined) c.status(422);
  const content = guidedStart(c.var.view, await readSetup(connection), parts);
  return showPage(c, { title: 'Start', path: '/', content });
}

function checkedSource(source: string): Problems {
  try {
    checkAttributes(z.object({ id: sourceIdSchema }), { id: source });
    return {};
  } catch (error) {
    return sourceProblems(error);
  }
}

/** Rethrows any other error. */
function sourceProblems(error: unknown): Problems {
  if (error instanceof AlreadyExistsError) return { source: 'must be new: there is a source with this name' };
  if (error instanceof InvalidInputError) return { source: error.issues[0]?.problem };
  throw error;
}

async function endpointProblems(
  connection: Connection,
  { endpoint, url }: z.output<typeof endpointForm>,
): Promise<Problems> {
  const issues = await endpointIssues(connection, {
    ...{ id: endpoint, isNew: true, present: {}, change: { url } },
  });
  return Object.fromEntries(
    issues.map(({ attribute, problem }) => [attribute === 'id' ? 'endpoint' : attribute, problem]),
  );
}
