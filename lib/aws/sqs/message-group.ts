/** Message group ids of SQS, which take fewer characters than an order's key or an endpoint's id may have. */
import { sha256Hex } from '../../relay/model/ids.ts';

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const ALLOWED = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;

/** The id itself where SQS takes it, else its SHA-256. */
export function messageGroupOf(id: string): string {
  return ALLOWED.test(id) ? id : sha256Hex(id);
}
