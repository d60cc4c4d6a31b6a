/** The ports that the status of a relay is read from. */
import type { Connection } from '../connection.ts';

export type StatusConnection = Pick<
  Connection,
  'clock' | 'configTable' | 'eventLog' | 'eventReader' | 'queues' | 'relay'
>;
