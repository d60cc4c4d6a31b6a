// Receives webhooks of the relay and believes none that is not signed with the secret. Node 20 or later, no packages.
//
//   WEBHOOK_SECRET=whsec_… PORT=3000 node verify.mjs
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

/** A copy of an old request is good for this long, and clocks may differ by as much. */
const TOLERANCE_SECONDS = 5 * 60;

/**
 * Throws unless the request was signed with the secret, and not long ago.
 *
 * @param {string} secret `whsec_…`
 * @param {import('node:http').IncomingHttpHeaders} headers of the request
 * @param {Uint8Array} body the very bytes that came, not what a parser has made of them
 */
export function verify(secret, headers, body) {
  const id = String(headers['webhook-id'] ?? '');
  const timestamp = String(headers['webhook-timestamp'] ?? '');
  const ageSeconds = Math.abs(Date.now() / 1000 - Number(timestamp));
  if (!(ageSeconds <= TOLERANCE_SECONDS))
    throw new Error('the webhook is too old, or says nothing of its age');

  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  // While the secret is being replaced there are two signatures, and one has to be good.
  const isSigned = String(headers['webhook-signature'] ?? '')
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice('v1,'.length), 'base64'))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
  if (!isSigned) throw new Error('the webhook is not signed with this secret');
}

/** The ids of the webhooks that were worked off: keep yours where it outlives the process. */
const done = new Set();

function receiver(secret) {
  return createServer(async (request, response) => {
    try {
      const body = Buffer.concat(await request.toArray());
      try {
        verify(secret, request.headers, body);
      } catch (error) {
        response.writeHead(401).end(error.message);
        return;
      }
      const id = request.headers['webhook-id'];
      if (!done.has(id)) {
        const order = new URL(request.url, 'http://localhost').searchParams.get('orderid');
        console.log(`${id}: order ${order}, ${body.length} bytes`);
        done.add(id);
      }
      response.writeHead(200).end();
    } catch {
      // Any answer but 2xx has the relay send it again.
      response.writeHead(500).end();
    }
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { WEBHOOK_SECRET, PORT = '3000' } = process.env;
  if (!WEBHOOK_SECRET) throw new Error('WEBHOOK_SECRET is missing');
  const server = receiver(WEBHOOK_SECRET);
  server.listen(Number(PORT), () => console.log(`listening on port ${server.address().port}`));
}
