/** The ports and the config that the four functions work with. */
import type { Config } from './config.ts';
import type { Clock, Random } from './model/clock.ts';
import type { EventLog, EventStore } from './ports/event-log.ts';
import type { Expressions } from './ports/expressions.ts';
import type { Sender } from './ports/outgoing.ts';
import type { DeliveryQueue, EventQueue } from './ports/queues.ts';
import type { Telemetry } from './ports/telemetry.ts';
import type { Traces } from './ports/traces.ts';
import type { SecretCache } from './secrets/secret-cache.ts';

export interface RelayContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly config: Config;
  readonly eventLog: EventLog;
  readonly eventQueue: EventQueue;
  readonly deliveryQueue: DeliveryQueue;
  readonly secretCache: SecretCache;
  readonly sender: Sender;
  readonly expressions: Expressions;
  readonly telemetry: Telemetry;
  readonly traces?: Traces | undefined;
}

/** Each function gets only the parts that it needs. */
export type IngestContext = Pick<RelayContext, 'clock' | 'random' | 'eventQueue' | 'telemetry'> & {
  readonly config: Pick<Config, 'sourceByToken'>;
  readonly eventLog: EventStore;
};
export type SendingContext = Omit<RelayContext, 'eventQueue'>;
export type SweepContext = Omit<RelayContext, 'secretCache' | 'sender' | 'expressions' | 'traces'>;
