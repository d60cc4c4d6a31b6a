/** The addresses of the pages of endpoints. */
import type { ConsoleContext } from '../console-env.ts';
import { fromSegment, toSegment } from '../layout/path-segment.ts';

export const ENDPOINTS_PATH = '/endpoints';
/** Not below `/endpoints`: an endpoint may have any id. */
export const ADD_ENDPOINT_PATH = '/add-endpoint';
export const ENDPOINT_ROUTE = `${ENDPOINTS_PATH}/:id` as const;

export function endpointPath(id: string): string {
  return `${ENDPOINTS_PATH}/${toSegment(id)}`;
}

export function endpointIdOf(c: ConsoleContext): string {
  return fromSegment(c.req.param('id') ?? '');
}
