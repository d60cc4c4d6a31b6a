/** The event log in memory, with what a table does on a bad day: it is out, or it throttles writes. */
import { StoreError } from '../../../lib/relay/ports/event-log.ts';
import { MemoryEventLog } from '../../memory/event-log.ts';

type Log = MemoryEventLog;

export class UnreliableEventLog extends MemoryEventLog {
  /** True while no call gets through. */
  isOut = false;
  /** The part of all writes that the table throttles. */
  refusedWrites = 0;
  /** A source of chance between 0 and 1. */
  random: () => number = Math.random;

  #read(): void {
    if (this.isOut) throw new StoreError('the table is out');
  }

  #write(): void {
    this.#read();
    if (this.random() < this.refusedWrites) throw new StoreError('the table throttles');
  }

  override async newestEventId(...args: Parameters<Log['newestEventId']>) {
    this.#read();
    return super.newestEventId(...args);
  }

  override async putPayload(...args: Parameters<Log['putPayload']>) {
    this.#write();
    return super.putPayload(...args);
  }

  override async putEvent(...args: Parameters<Log['putEvent']>) {
    this.#write();
    return super.putEvent(...args);
  }

  override async *eventsNewestFirst(...args: Parameters<Log['eventsNewestFirst']>) {
    this.#read();
    yield* super.eventsNewestFirst(...args);
  }

  override async event(...args: Parameters<Log['event']>) {
    this.#read();
    return super.event(...args);
  }

  override async payload(...args: Parameters<Log['payload']>) {
    this.#read();
    return super.payload(...args);
  }

  override async deliveries(...args: Parameters<Log['deliveries']>) {
    this.#read();
    return super.deliveries(...args);
  }

  override async putDeliveryIfAbsent(...args: Parameters<Log['putDeliveryIfAbsent']>) {
    this.#write();
    return super.putDeliveryIfAbsent(...args);
  }

  override async updateDelivery(...args: Parameters<Log['updateDelivery']>) {
    this.#write();
    return super.updateDelivery(...args);
  }

  override async finishFanOut(...args: Parameters<Log['finishFanOut']>) {
    this.#write();
    return super.finishFanOut(...args);
  }

  override async recordFanOutAttempt(...args: Parameters<Log['recordFanOutAttempt']>) {
    this.#write();
    return super.recordFanOutAttempt(...args);
  }

  override async recordOutcome(...args: Parameters<Log['recordOutcome']>) {
    this.#write();
    return super.recordOutcome(...args);
  }

  override async owed(...args: Parameters<Log['owed']>) {
    this.#read();
    return super.owed(...args);
  }

  override async postpone(...args: Parameters<Log['postpone']>) {
    this.#write();
    return super.postpone(...args);
  }

  override async putAlias(...args: Parameters<Log['putAlias']>) {
    this.#write();
    return super.putAlias(...args);
  }
}
