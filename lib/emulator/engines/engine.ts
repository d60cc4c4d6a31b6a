/** A running embedded service: DynamoDB or SQS. */
export interface Engine {
  /** `http://127.0.0.1:8000`, without a slash at the end. */
  readonly endpoint: string;
  /** Rejects when the engine ends by itself; never resolves. */
  readonly failed: Promise<never>;
  /** Stores all data. */
  stop(): Promise<void>;
}
