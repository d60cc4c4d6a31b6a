/** A process for a test: writes events into a relay's file, prints the key of each one that is acknowledged, and goes on. */
import { openSqliteStore } from '../../lib/sqlite/sqlite-store.ts';
import { MemoryClock } from '../memory/clock.ts';
import { MemoryTelemetry } from '../memory/telemetry.ts';
import { anEvent, aPayload } from '../ports/builders.ts';

const [file = ''] = process.argv.slice(2);
const { eventLog } = openSqliteStore({ file, clock: new MemoryClock(), telemetry: new MemoryTelemetry() });

for (;;) {
  const event = anEvent();
  await eventLog.putPayload(event, aPayload(`payload of ${event.eventId}`));
  await eventLog.putEvent(event, new Date());
  process.stdout.write(`${event.orderKey} ${event.eventId}\n`);
}
