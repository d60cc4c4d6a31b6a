/** The contract of the EventLog port. */
import { describe } from 'vitest';
import { describeDelivering } from './event-log-deliveries.conformance.ts';
import { describeFanningOut } from './event-log-fan-out.conformance.ts';
import { describeOwing } from './event-log-owed.conformance.ts';
import { describeStoring } from './event-log-storing.conformance.ts';
import type { EventLogSubject } from './event-log-subject.ts';

/** @param make gives an empty log */
export function describeEventLog(name: string, make: () => Promise<EventLogSubject>): void {
  describe(name, () => {
    describeStoring(make);
    describeFanningOut(make);
    describeDelivering(make);
    describeOwing(make);
  });
}
