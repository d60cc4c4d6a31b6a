/** Where the stack's resources are found when it runs on this machine. */

/** What stands for the account, region and addresses that a deployed stack would have. */
export interface Place {
  /** `http://127.0.0.1:<port>` of the embedded SQS, without a slash at the end. */
  readonly sqsEndpoint: string;
  /** `http://127.0.0.1:<port>` of the HTTP front, without a slash at the end. */
  readonly httpUrl: string;
}

export const REGION = 'us-east-1';
/** The account that fauxqs puts into its ARNs; the tables' ARNs agree with it. */
export const ACCOUNT_ID = '000000000000';
export const PARTITION = 'aws';
export const STACK_NAME = 'local';

/** For reading a template before anything has been started: its queues and its API have no address yet. */
export const NOWHERE: Place = { sqsEndpoint: 'http://queues.invalid', httpUrl: 'http://relay.invalid' };

export function queueUrl(place: Place, queueName: string): string {
  return `${place.sqsEndpoint}/${ACCOUNT_ID}/${queueName}`;
}

export function arn(service: string, resource: string): string {
  return `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
}
