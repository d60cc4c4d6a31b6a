import type { ServerResponse } from 'node:http';
import { beforeAll, describe, expect, it } from 'vitest';
import { addEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { listEvents } from '../../lib/operator/events/events.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import type { EndpointId } from '../../lib/relay/model/ids.ts';
import { outcomeTexts } from '../relay/outcome-texts.ts';
import { type Arrival, type Receiver, startReceiver } from './a-receiver.ts';
import { useRelayOn } from './a-relay-on.ts';
import { startTokenServer, type TokenServer } from './a-token-server.ts';
import { ENGINES } from './engines.ts';
import { anOrder, sendAccepted } from './the-hub.ts';
import { waitFor } from './wait-for.ts';

const CLIENT_SECRET = 'S3CRET-client';

// Side by side: most of the time, they wait for the second attempt. The tests of one engine share its token server.
describe.concurrent.each(ENGINES)('on %s', (engine) => {
  const relay = useRelayOn(engine);
  let receiver: Receiver;
  let tokens: TokenServer;
  /** It knows no client. */
  let refusing: TokenServer;
  /** The addresses of three sources, each with endpoints of its own. */
  let main: string;
  let fetched: string;
  let failing: string;

  const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;
  const oauth2 = ({ url }: TokenServer) => ({
    type: 'oauth2',
    tokenUrl: url,
    clientId: 'relay',
    clientSecret: CLIENT_SECRET,
  });

  beforeAll(async () => {
    tokens = await startTokenServer(CLIENT_SECRET);
    refusing = await startTokenServer();
    receiver = await startReceiver({
      '/oauth2': (response) => {
        const { headers } = response.req;
        response.writeHead(tokens.knows(headers.authorization) ? 200 : 401).end();
      },
      '/refuses': repeat,
    });
    const headers = { 'x-key': 'S3CRET-header' };
    main = await aSourceOf('main', {
      basic: { auth: { type: 'basic', username: 'relay', password: 'Zürich:1' } },
      bearer: { auth: { type: 'bearer', token: 'abc' } },
      header: { auth: { type: 'header', name: 'X-Api-Key', value: 'abc' } },
      custom: { headers: { 'X-Tenant': 'a b', 'x-note': '7' } },
    });
    fetched = await aSourceOf('tokens', { oauth2: { auth: oauth2(tokens) } });
    failing = await aSourceOf('failing', {
      'no-token': { headers, auth: oauth2(refusing) },
      'no-server': { headers, auth: { ...oauth2(refusing), tokenUrl: 'http://127.0.0.1:1/S3CRET-path' } },
      'no-secret': { auth: { type: 'bearer', token: 'ssm:/relay/token' } },
      'no-key': { signingSecret: 'ssm:/relay/signing' },
      ...Object.fromEntries(
        [
          { type: 'basic', username: 'relay', password: 'S3CRET-password' },
          { type: 'bearer', token: 'S3CRET-token' },
          { type: 'header', name: 'x-api-key', value: 'S3CRET-value' },
          oauth2(tokens),
        ].map((auth) => [`refused-${auth.type}`, { url: `${receiver.url}/refuses`, headers, auth }]),
      ),
      healthy: {},
    });
    return async () => {
      await receiver.stop();
      await tokens.stop();
      await refusing.stop();
    };
  });

  /** Answers 400 with all that it was sent, as servers do that are run with debugging on. */
  function repeat(response: ServerResponse): void {
    response.writeHead(400).end(JSON.stringify(response.req.headers));
  }

  /** A source with these endpoints alone, each of which gets its webhooks at once, as one does that has been quick. */
  async function aSourceOf(id: string, endpoints: Readonly<Record<string, object>>): Promise<string> {
    const { connection } = relay();
    for (const [endpointId, attributes] of Object.entries(endpoints)) {
      const provenAt = new Date();
      const row = { url: `${receiver.url}/${endpointId}`, sources: [id], ordering: 'none', ...attributes };
      await connection.configTable.updateHealth(
        endpointId as EndpointId,
        { version: undefined },
        { state: 'ok', provenAt, version: 1 },
      );
      await addEndpoint(connection, endpointId, row);
    }
    return (await addSource(connection, id)).address;
  }

  /** An event's outcomes, once each of its endpoints has one. */
  async function outcomesOf(eventId: string): Promise<Readonly<Record<string, string>>> {
    return waitFor(async () => {
      const { items: events } = await listEvents(relay().connection, { limit: 1_000 });
      const found = events.find((event) => event.eventId === eventId);
      if (found?.outcomes === undefined) throw new Error(`${eventId} has no outcomes yet`);
      return outcomeTexts(found);
    });
  }

  async function arrivedAt(path: string, eventId: string, count = 1): Promise<Arrival[]> {
    const arrived = () => receiver.arrivals.filter((one) => one.path === path && one.eventId === eventId);
    await waitFor(() => expect(arrived().length).toBe(count));
    return arrived();
  }

  describe('an endpoint', { concurrent: false }, () => {
    it('gets the credentials and headers that its row asks for', async () => {
      const eventId = await sendAccepted(main, { body: anOrder('7-1') });

      const headersAt = async (id: string) =>
        (await arrivedAt(`/${id}`, eventId)).map(({ headers }) => headers);
      expect(await headersAt('basic')).toMatchObject([{ authorization: basic('relay:Zürich:1') }]);
      expect(await headersAt('bearer')).toMatchObject([{ authorization: 'Bearer abc' }]);
      expect(await headersAt('header')).toMatchObject([{ 'x-api-key': 'abc' }]);
      expect(await headersAt('custom')).toMatchObject([{ 'x-tenant': 'a b', 'x-note': '7' }]);
    });

    it('gets a token that was fetched once, and another when it does not take that one any more', async () => {
      const first = await sendAccepted(fetched, { body: anOrder('7-2') });
      const second = await sendAccepted(fetched, { body: anOrder('7-2') });
      await arrivedAt('/oauth2', first);
      await arrivedAt('/oauth2', second);
      const askedBefore = tokens.asked;
      tokens.revokeAll();
      const third = await sendAccepted(fetched, { body: anOrder('7-2') });

      const arrivals = await arrivedAt('/oauth2', third, 2);
      expect(arrivals.map(({ answered }) => answered)).toEqual([401, 200]);
      expect(await outcomesOf(third)).toEqual({ oauth2: expect.stringMatching(/^delivered 200/) });
      expect(tokens.asked - askedBefore).toBe(1);
    });
  });

  describe('credentials that fail', { concurrent: false }, () => {
    it('hurt no other endpoint, lose nothing, and show no secret in any log, row or answer', async () => {
      const started = performance.now();

      const eventId = await sendAccepted(failing, { body: anOrder('7-3') });

      const [arrival] = await arrivedAt('/healthy', eventId);
      expect(arrival?.atMs).toBeGreaterThan(started);
      const outcomes = await outcomesOf(eventId);
      expect(outcomes.healthy).toMatch(/^delivered 200/);
      const { connection, lines } = relay();
      const event = (await listEvents(connection, { limit: 1_000 })).items.find(
        (one) => one.eventId === eventId,
      );
      if (event === undefined) throw new Error('the event is gone');
      // The second attempt is deliver's.
      const attempts = async () => {
        const rows = await connection.eventLog.deliveries(event.orderKey);
        return rows.filter(({ attemptCount }) => attemptCount > 1).map(({ endpointId }) => endpointId);
      };
      await waitFor(async () => expect(await attempts()).toHaveLength(8));
      const rows = await connection.eventLog.deliveries(event.orderKey);
      const errors = Object.fromEntries(
        rows.map(({ endpointId, attempts: made }) => [endpointId, made[0]?.error ?? made[0]?.status]),
      );
      expect(errors).toEqual({
        'no-token': 'oauth2: the token server answered 401 invalid_client',
        'no-server': 'oauth2: connection refused',
        'no-secret': expect.stringMatching(
          /^secret ssm:\/relay\/token could not be read: .* no Parameter Store/,
        ),
        'no-key': expect.stringMatching(
          /^secret ssm:\/relay\/signing could not be read: .* no Parameter Store/,
        ),
        'refused-basic': 400,
        'refused-bearer': 400,
        'refused-header': 400,
        'refused-oauth2': 400,
      });
      const health = await connection.configTable.rows('health');
      const written = JSON.stringify([lines, outcomes, rows, health]);
      expect(written).toContain('***');
      expect(written).not.toMatch(/S3CRET|UzNDUkVU|cmVsYXk6/);
    });
  });
});
