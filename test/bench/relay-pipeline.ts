/** A relay on this machine, in a process of its own, with endpoints: as `npm start` or `npm run start:stack` runs it. */
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { relays } from '../../lib/connect/relays.ts';
import { addEndpoint, removeEndpoint } from '../../lib/operator/endpoints/endpoints.ts';
import { addSource } from '../../lib/operator/sources/sources.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { startMeasuredProcess } from './one-machine/measured-process.ts';
import type { Pipeline } from './pipeline.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** `sqlite` is the relay on one machine, `stack` the emulated stack. */
export const ENGINES = ['sqlite', 'stack'] as const;
export type Engine = (typeof ENGINES)[number];

/** The arguments of Node, and those that allow endpoints on this machine. */
const PROGRAMS: Readonly<Record<Engine, readonly string[]>> = {
  sqlite: [...argumentsOf(packageJson.scripts.start), '--allow-cidr', '127.0.0.0/8'],
  stack: argumentsOf(packageJson.scripts['start:stack']),
};

const readySchema = z.looseObject({ url: z.url() });
const acceptedSchema = z.looseObject({ eventId: z.string() });

export interface RelayPipeline extends Pipeline {
  /** The relay sees a change within ten seconds. */
  putEndpoint(id: string, attributes: Readonly<Record<string, unknown>>): Promise<void>;
  removeEndpoint(id: string): Promise<void>;
}

/** @param dataDir a folder for this relay alone */
export async function startRelayPipeline(
  engine: Engine,
  dataDir: string,
  endpointUrls: readonly string[],
): Promise<RelayPipeline> {
  const args = [...PROGRAMS[engine], '--data', dataDir, '--port', '0', '--json'];
  const relay = await startMeasuredProcess(args, `${dataDir}.log`, ROOT);
  const { url } = readySchema.parse(relay.ready);
  const found = await relays.findLocal(Number(new URL(url).port));
  const connection = await found.connect((warning) => console.error(warning));
  const { address } = await addSource(connection, 'bench');
  for (const [index, endpointUrl] of endpointUrls.entries())
    await addEndpoint(connection, `endpoint-${index + 1}`, {
      url: endpointUrl,
      // With `latest`, an event that a newer one overtakes would never arrive.
      ordering: 'strict',
    });
  const agent = new Agent();
  return {
    async send({ orderId, body }) {
      const headers = { 'content-type': 'application/json' };
      const answer = await request(`${address}${orderId}`, {
        method: 'POST',
        headers,
        body,
        dispatcher: agent,
      });
      return acceptedSchema.parse(await answer.body.json()).eventId;
    },
    async putEndpoint(id, attributes) {
      await addEndpoint(connection, id, attributes);
    },
    async removeEndpoint(id) {
      await removeEndpoint(connection, id);
    },
    async stop() {
      connection.close();
      await agent.close();
      await relay.stop();
    },
  };
}

function argumentsOf(script: string): string[] {
  return script.split(' ').slice(1);
}
