/** Finds the route of a request by the rules of API Gateway's HTTP APIs. */
import type { RouteDefinition } from '../template/http-api.ts';

export interface MatchedRoute {
  readonly route: RouteDefinition;
  readonly pathParameters: Readonly<Record<string, string>>;
}

/**
 * The most specific route: literal text goes before `{variable}`, and that before the greedy `{variable+}`, which
 * takes the rest of the path, slashes included; a route's own method goes before `ANY`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 *
 * @param path decoded
 */
export function findRoute(
  routes: readonly RouteDefinition[],
  method: string,
  path: string,
): MatchedRoute | undefined {
  const matches = routes.flatMap((route) => {
    const [routeMethod, template = ''] = route.routeKey.split(' ');
    if (routeMethod !== method && routeMethod !== 'ANY') return [];
    const pathParameters = matchPath(template, path);
    if (pathParameters === undefined) return [];
    return [{ route, pathParameters, rank: `${rankOf(template)}${routeMethod === 'ANY' ? 1 : 0}` }];
  });
  return matches.sort((one, other) => (one.rank < other.rank ? -1 : 1))[0];
}

function matchPath(template: string, path: string): Record<string, string> | undefined {
  const wanted = template.split('/');
  const given = path.split('/');
  const parameters = new Map<string, string>();
  for (const [position, segment] of wanted.entries()) {
    const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(segment) ?? [];
    const value = greedy ? given.slice(position).join('/') : given[position];
    if (value === undefined || (name !== undefined && value === '')) return undefined;
    if (name === undefined && value !== segment) return undefined;
    if (name !== undefined) parameters.set(name, value);
    if (greedy) return Object.fromEntries(parameters);
  }
  return given.length === wanted.length ? Object.fromEntries(parameters) : undefined;
}

/** Sorts segment by segment. */
function rankOf(template: string): string {
  return template
    .split('/')
    .map((segment) => (segment.endsWith('+}') ? 2 : segment.startsWith('{') ? 1 : 0))
    .join('');
}
