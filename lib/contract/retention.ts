/** How many days events and payloads are stored. */

/**
 * Deliveries are retried for three days; the rest of a week gives people time to notice. The reader of the event log
 * looks no further back than the maximum.
 */
export const RETENTION_DAYS = { min: 7, max: 3_650, fallback: 30 };
