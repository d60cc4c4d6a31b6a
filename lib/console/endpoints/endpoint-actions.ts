/** The actions of an endpoint: test, pause, resume, disable, enable, rotate the secret, remove. */
import { z } from 'zod';
import { testEndpoint } from '../../operator/endpoints/endpoint-test.ts';
import { changeState, removeEndpoint, STATE_COMMANDS } from '../../operator/endpoints/endpoints.ts';
import { showEndpointStatus } from '../../operator/status/endpoint-list.ts';
import type { ConsoleApp, PageContext } from '../console-env.ts';
import { formOf } from '../form.ts';
import { showEndpointPage } from './endpoint-frame.ts';
import { ENDPOINT_ROUTE, ENDPOINTS_PATH, endpointIdOf, endpointPath } from './endpoint-path.ts';
import { mountRotateSecret } from './rotate-secret.ts';
import { testResult } from './test-result.ts';

const stateForm = z.object({ command: z.enum(STATE_COMMANDS) });

export function mountEndpointActions(app: ConsoleApp, context: PageContext): void {
  const { connection } = context;
  app.post(`${ENDPOINT_ROUTE}/state`, async (c) => {
    const { command } = formOf(c, stateForm);
    const { endpoint } = await changeState(connection, endpointIdOf(c), command);
    return c.redirect(`${endpointPath(endpoint.id)}?done=${command}`, 303);
  });
  app.post(`${ENDPOINT_ROUTE}/test`, async (c) => {
    const id = endpointIdOf(c);
    const result = await testEndpoint(connection, id, { signal: c.req.raw.signal });
    const { status } = await showEndpointStatus(connection, id);
    return showEndpointPage(c, { status, tab: 'overview', content: testResult(c.var.view, result) });
  });
  app.post(`${ENDPOINT_ROUTE}/remove`, async (c) => {
    const id = endpointIdOf(c);
    await removeEndpoint(connection, id);
    return c.redirect(`${ENDPOINTS_PATH}?${new URLSearchParams({ removed: id })}`, 303);
  });
  mountRotateSecret(app, context);
}
