/** An endpoint that answers the first request of each event with 503, and each later one with 200. */
import { onTestFinished } from 'vitest';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { startReceiver } from './a-receiver.ts';
import { anOperator } from './an-operator.ts';

export interface FailsFirst {
  /** The status of each answer to a request of the event; undefined for one that is not answered yet. */
  statuses(eventId: string): (number | undefined)[];
}

/** @param relayUrl of the relay that gets the endpoint. It may stop and start again, also at another port. */
export async function addFailsFirst(relayUrl: string): Promise<FailsFirst> {
  const receiver = await startReceiver({
    '/': (response, attempt) => response.writeHead(attempt === 1 ? 503 : 200).end(),
  });
  onTestFinished(() => receiver.stop());
  const operator = await anOperator(relayUrl);
  await addEndpoint(operator, 'fails-first', { url: `${receiver.url}/` });
  operator.close();
  return {
    statuses: (eventId) =>
      receiver.arrivals.filter((arrival) => arrival.eventId === eventId).map((arrival) => arrival.answered),
  };
}
