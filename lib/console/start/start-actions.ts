/** The actions of the guided start. */
import { z } from 'zod';
import { testEndpoint } from '../../operator/endpoints/endpoint-test.ts';
import { addEndpoint } from '../../operator/endpoints/endpoints.ts';
import { addSource } from '../../operator/sources/sources.ts';
import type { ConsoleApp, PageContext } from '../console-env.ts';
import { formOf } from '../form.ts';
import { showPage } from '../layout/page.ts';
import { arrival, guidedStart } from './guided-start.ts';
import { readSetup } from './setup.ts';

const sourceForm = z.object({ id: z.string().trim() });
const endpointForm = z.object({ endpoint: z.string().trim(), url: z.string().trim() });
const testForm = z.object({ endpoint: z.string() });

export function mountStart(app: ConsoleApp, { connection }: PageContext): void {
  app.get('/start/arrival', async (c) => c.html(arrival(await readSetup(connection))));
  app.post('/start/source', async (c) => {
    const { address } = await addSource(connection, formOf(c, sourceForm).id);
    const content = guidedStart(c.var.view, await readSetup(connection), address);
    return showPage(c, { title: 'Start', path: '/', content });
  });
  app.post('/start/endpoint', async (c) => {
    const { endpoint, url } = formOf(c, endpointForm);
    await addEndpoint(connection, endpoint, { url });
    return c.redirect('/', 303);
  });
  app.post('/start/test', async (c) => {
    // Its outcome is stored, and the page shows it.
    await testEndpoint(connection, formOf(c, testForm).endpoint, { signal: c.req.raw.signal });
    return c.redirect('/', 303);
  });
}
