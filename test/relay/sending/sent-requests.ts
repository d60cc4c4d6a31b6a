/** The requests to an endpoint with credentials, and their results. */
import type { OutgoingRequest, SendResult } from '../../../lib/relay/ports/outgoing.ts';
import { aRelay, OK } from '../a-relay.ts';

export const UNAUTHORIZED: SendResult = { kind: 'answer', status: 401, text: 'who are you?' };
export const OAUTH2 = {
  type: 'oauth2',
  tokenUrl: 'https://tokens.example/token',
  clientId: 'relay',
  clientSecret: 'hush-hush',
};

export type TestRelay = ReturnType<typeof aRelay>;

/** A relay with one endpoint, to which one webhook has been fanned out. */
export async function sent(
  attributes: object,
  prepare: (relay: TestRelay) => void = () => {},
): Promise<TestRelay> {
  const relay = aRelay();
  relay.endpoint('erp', { ordering: 'none', ...attributes });
  prepare(relay);
  await another(relay);
  return relay;
}

export async function another(relay: TestRelay): Promise<void> {
  await relay.accepted();
  await relay.fanOut();
}

/** The headers of all requests, without those that each has. */
export function headersOf({ sender }: TestRelay): object[] {
  return sender.to('erp').map(({ headers }) => {
    const {
      'content-type': _,
      'user-agent': __,
      'webhook-id': ___,
      'webhook-timestamp': ____,
      ...rest
    } = headers;
    return rest;
  });
}

/** How the last attempt of each delivery that was not delivered went wrong. */
export async function errorsOf(relay: TestRelay): Promise<(string | undefined)[]> {
  return (await relay.rows()).map(({ attempts }) => attempts.at(-1)?.error);
}

/** Answers 401 to whoever does not have it. */
export const wants =
  (value: string, name = 'authorization') =>
  async ({ headers }: OutgoingRequest) =>
    headers[name] === value ? OK : UNAUTHORIZED;
