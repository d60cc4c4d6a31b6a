/** An event log with the ports through which an operator reads and changes it. */
import { beforeEach } from 'vitest';
import type { EventLog } from '../../lib/relay/ports/event-log.ts';
import type { EventEraser, EventReader, EventWriter } from '../../lib/relay/ports/operator.ts';
import type { MemoryClock } from '../memory/clock.ts';

export interface EventOperatorSubject {
  readonly eventLog: EventLog;
  readonly reader: EventReader;
  readonly writer: EventWriter;
  readonly eraser: EventEraser;
  readonly clock: MemoryClock;
}

/** @param make gives an empty log, before each test */
export function useEventOperator(make: () => Promise<EventOperatorSubject>): () => EventOperatorSubject {
  let subject: EventOperatorSubject | undefined;
  beforeEach(async () => {
    subject = await make();
  });
  return () => {
    if (subject === undefined) throw new Error('there is a log only while a test runs');
    return subject;
  };
}
