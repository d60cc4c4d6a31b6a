/** The account, region and addresses of the stack when it runs on this machine. */

/** The addresses of the running emulator. */
export interface EmulatorAddresses {
  /** `http://127.0.0.1:<port>` of the embedded SQS, without a slash at the end. */
  readonly sqsEndpoint: string;
  /** `http://127.0.0.1:<port>` of the HTTP front, without a slash at the end. */
  readonly httpUrl: string;
}

export const REGION = 'us-east-1';
/** fauxqs uses this account in its ARNs. The tables' ARNs use the same. */
export const ACCOUNT_ID = '000000000000';
export const PARTITION = 'aws';
export const STACK_NAME = 'local';

/** Placeholders to read a template before the relay runs. */
export const NO_ADDRESSES: EmulatorAddresses = {
  sqsEndpoint: 'http://queues.invalid',
  httpUrl: 'http://relay.invalid',
};

export function queueUrl(addresses: EmulatorAddresses, queueName: string): string {
  return `${addresses.sqsEndpoint}/${ACCOUNT_ID}/${queueName}`;
}

export function arn(service: string, resource: string): string {
  return `arn:${PARTITION}:${service}:${REGION}:${ACCOUNT_ID}:${resource}`;
}
