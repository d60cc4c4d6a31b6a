/** Starts runs: retries, drops and redrives. */
import { z } from 'zod';
import { QUEUE_NAMES } from '../../operator/connection.ts';
import { dropDeliveries } from '../../operator/deliveries/drops.ts';
import { retryAbandoned, retryDeliveries } from '../../operator/deliveries/retries.ts';
import { dropDeadLetters, redriveDeadLetters } from '../../operator/dlq/dead-letters.ts';
import type { ConsoleApp, ConsoleContext, PageContext } from '../console-env.ts';
import { formOf } from '../form.ts';
import type { NewJob } from '../runs/bulk-jobs.ts';
import { droppedText, messagesText, retriedText } from './run-results.ts';

export const ATTENTION_PATH = '/attention';

/** The counts are only for the progress bar. */
const counts = {
  count: z.coerce.number().int().min(0),
  more: z.enum(['true', 'false']).default('false'),
};
const groupForm = z.object({
  ...counts,
  endpoint: z.string(),
  state: z.enum(['dead', 'cancelled']),
  cause: z.string(),
});
const eventsForm = z.object(counts);
const queueForm = z.object({ ...counts, queue: z.enum(QUEUE_NAMES) });

export function mountAttentionActions(app: ConsoleApp, { connection, jobs }: PageContext): void {
  const start = (c: ConsoleContext, form: { count: number; more: string }, job: Omit<NewJob, 'page'>) => {
    const total = { count: form.count, isMore: form.more === 'true' };
    jobs.start({ ...job, total, page: ATTENTION_PATH });
    return c.redirect(ATTENTION_PATH, 303);
  };
  app.post(`${ATTENTION_PATH}/retry`, (c) => {
    const form = formOf(c, groupForm);
    const { endpoint: endpointId, state, cause } = form;
    return start(c, form, {
      key: groupKey(form),
      title: `Retry the ${state} deliveries to ${endpointId} (${cause})`,
      work: async (run) => retriedText(await retryDeliveries(connection, { endpointId, state, cause }, run)),
    });
  });
  app.post(`${ATTENTION_PATH}/drop`, (c) => {
    const form = formOf(c, groupForm);
    const { endpoint: endpointId, state, cause } = form;
    return start(c, form, {
      key: groupKey(form),
      title: `Drop the ${state} deliveries to ${endpointId} (${cause})`,
      work: async (run) => droppedText(await dropDeliveries(connection, { endpointId, state, cause }, run)),
    });
  });
  app.post(`${ATTENTION_PATH}/retry-events`, (c) =>
    start(c, formOf(c, eventsForm), {
      key: 'events',
      title: 'Retry the abandoned updates',
      work: async (run) => retriedText(await retryAbandoned(connection, {}, run)),
    }),
  );
  app.post(`${ATTENTION_PATH}/redrive`, (c) => {
    const form = formOf(c, queueForm);
    return start(c, form, {
      key: `messages ${form.queue}`,
      title: `Send messages back to the queue for ${form.queue}`,
      work: async (run) =>
        messagesText(await redriveDeadLetters(connection, { queues: [form.queue] }, run), 'sent back'),
    });
  });
  app.post(`${ATTENTION_PATH}/drop-messages`, (c) => {
    const form = formOf(c, queueForm);
    const selection = { queues: [form.queue], includeFullEvents: false };
    return start(c, form, {
      key: `messages ${form.queue}`,
      title: `Drop dead letters of the queue for ${form.queue}`,
      work: async (run) => messagesText(await dropDeadLetters(connection, selection, run), 'dropped'),
    });
  });
}

/** A retry and a drop of the same group would work against each other. */
function groupKey({ endpoint, state, cause }: z.output<typeof groupForm>): string {
  return JSON.stringify([endpoint, state, cause]);
}
