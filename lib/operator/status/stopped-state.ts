import type { EndpointState } from './endpoint-status.ts';

/** In these states, an endpoint does not get its updates: it needs attention. */
const STOPPED_STATES = ['failing', 'refusing', 'disabled', 'invalid'] as const satisfies EndpointState[];
export type StoppedState = (typeof STOPPED_STATES)[number];

export function isStopped(state: EndpointState): state is StoppedState {
  return STOPPED_STATES.some((stopped) => stopped === state);
}
