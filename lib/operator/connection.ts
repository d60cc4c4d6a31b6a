/** A connection to a relay through ports. Every operation takes one as its first parameter. */
import type { Config } from '../relay/config.ts';
import type { Clock } from '../relay/model/clock.ts';
import type { ConfigTable } from '../relay/ports/config-table.ts';
import type { EventLog } from '../relay/ports/event-log.ts';
import type {
  ConfigWriter,
  DeadLetters,
  EventEraser,
  EventReader,
  EventWriter,
  ExpressionSession,
} from '../relay/ports/operator.ts';
import type { Sender } from '../relay/ports/outgoing.ts';
import type { DeliveryQueue, EventQueue } from '../relay/ports/queues.ts';
import type { Telemetry } from '../relay/ports/telemetry.ts';
import type { Diagnostics } from './diagnostics.ts';

export interface Connection {
  readonly relay: RelayDescription;
  readonly clock: Clock;
  readonly configTable: ConfigTable;
  readonly configWriter: ConfigWriter;
  /** Parses and caches the Config table as the functions do. */
  readonly config: Config;
  readonly eventLog: EventLog;
  readonly eventReader: EventReader;
  readonly eventWriter: EventWriter;
  readonly eventEraser: EventEraser;
  /** Forwards warnings and errors, and drops metrics. */
  readonly telemetry: Telemetry;
  /** Connects to the queues on the first call: few commands need them. */
  queues(): Promise<Queues>;
  /** Starts a session; the caller closes it. */
  openExpressions(): ExpressionSession;
  /**
   * Copies all data into a file while the relay runs. Absent for a deployed relay, whose tables AWS backs up.
   */
  backup?(file: string): Promise<void>;
  /** Closes the sockets or files. */
  close(): void;
}

/** The relay's queues and their dead-letter queues. */
export interface Queues {
  readonly eventQueue: EventQueue;
  readonly deliveryQueue: DeliveryQueue;
  readonly deadLetters: Readonly<Record<QueueName, DeadLetters>>;
}

export const QUEUE_NAMES = ['events', 'deliveries'] as const;
export type QueueName = (typeof QUEUE_NAMES)[number];

/** Describes a relay to a person. */
export interface RelayDescription {
  /** For messages: `the local relay on port 8787`, `the stack SensariaRelay`. */
  readonly title: string;
  /** Selects the relay in a command: `--port 8788`, `--stack SensariaRelay`. Absent for a local one on the usual port. */
  readonly option?: string;
  /** Ends in `/webhooks/`. */
  readonly webhookBaseAddress: string;
  /** The data folder of a local relay; absent for a deployed one. */
  readonly dataDir?: string;
  /** Opens the console that a local relay serves itself; absent when it serves none. Contains the access token. */
  readonly consoleAddress?: string;
  /** The hours without a webhook after which the relay sends a notice; absent when it sends none. */
  readonly silenceHours?: number;
}

/** Finds relays and connects to them. `lib/connect` implements it over AWS. */
export interface Relays {
  /**
   * Finds the relay that listens on a port of this machine.
   * @throws NotARelayError when no relay listens on the port
   */
  findLocal(port: number): Promise<FoundRelay>;
  /**
   * Finds the relay deployed as a CloudFormation stack. Region and credentials come from the environment.
   * @throws NotARelayError when the stack does not exist or is not a relay
   */
  findStack(name: string): Promise<FoundRelay>;
  /** Sends requests from this machine to any address, also to its own: for a developer's program. */
  localSender(): Sender & { close(): void };
  /** Explains a failure of the services behind the ports in one sentence; undefined for any other error. */
  explainFailure(error: unknown): string | undefined;
}

export interface FoundRelay {
  readonly relay: RelayDescription;
  /**
   * Opens a connection without sending a request.
   * @param warn receives a sentence about every row that cannot be used, such as one with an unknown key
   */
  connect(warn: (message: string) => void): Promise<Connection>;
  /** For `doctor`. Nothing is asked yet. */
  diagnostics(): Diagnostics;
}
