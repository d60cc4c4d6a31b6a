/** The port through which `doctor` looks beyond the tables: at a relay's address, its network, and its AWS resources or its machine. */

/** Every method may reject with a failure that `Relays.explainFailure` explains: doctor then says that it could not check. */
export interface Diagnostics {
  /** Asks the webhook address with a token that no source has. Rejects when there is no answer. */
  askAddress(): Promise<AddressAnswer>;
  /**
   * Looks up the host of an endpoint's URL from this machine, and applies the relay's rules for addresses.
   *
   * @returns a sentence's end that says why the relay would not send there: `its address is not public`
   */
  faultOfUrl(url: string): Promise<string | undefined>;
  /** Only for a relay in AWS. */
  readonly stack?: StackDiagnostics;
  /** Only for a relay on this machine. */
  readonly machine?: MachineDiagnostics;
}

export interface AddressAnswer {
  readonly status: number;
  /** The clock of the server; absent when the answer has no usable `Date`. */
  readonly date?: Date;
}

export interface StackDiagnostics {
  concurrency(): Promise<Concurrency>;
  mappings(): Promise<Mapping[]>;
  tables(): Promise<TableFacts[]>;
  /** When sweep ran in the last quarter of an hour, and how often it failed. Metrics are up to three minutes late. */
  sweepRuns(): Promise<SweepRuns>;
  alarms(): Promise<AlarmFacts[]>;
  /** The receivers of a topic's messages. */
  receiversOf(topicArn: string): Promise<TopicReceivers>;
}

export interface Concurrency {
  /** All functions of the account together. */
  readonly limit: number;
  /** Without what other functions have reserved. */
  readonly unreserved: number;
}

/** From a queue to its function. */
export interface Mapping {
  readonly name: string;
  /** `Enabled`, or another state as Lambda names it. */
  readonly state: string;
  readonly maximumConcurrency?: number | undefined;
}

export interface TableFacts {
  readonly name: string;
  /** `ACTIVE`, another status of DynamoDB, or `missing`. */
  readonly status: string;
  /** The attribute by which rows expire; absent when expiry is off. */
  readonly expiresBy?: string | undefined;
  /** The attribute that the relay writes; absent for a table whose rows do not expire. */
  readonly mustExpireBy?: string | undefined;
  readonly hasPointInTimeRecovery: boolean;
  readonly isProtected: boolean;
}

export interface SweepRuns {
  readonly lastRunAt?: Date | undefined;
  readonly runs: number;
  readonly failures: number;
}

export interface AlarmFacts {
  readonly name: string;
  readonly isRinging: boolean;
  readonly description: string;
  readonly topicArns: readonly string[];
}

export interface TopicReceivers {
  readonly confirmed: number;
  /** Those who have not yet followed the link in the mail of AWS. */
  readonly unconfirmed: number;
}

export interface MachineDiagnostics {
  /** The problems of the data file, as SQLite names them. Reads the whole file. */
  fileProblems(): Promise<string[]>;
  diskSpace(): Promise<DiskSpace>;
  /** `ok`, or why the relay's own check of itself fails: `stopping`, `store` or `workers`. */
  health(): Promise<string>;
}

export interface DiskSpace {
  readonly freeBytes: number;
  /** Of the relay's file. */
  readonly fileBytes: number;
}
