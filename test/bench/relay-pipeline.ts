/** The emulated stack, as `npm run start:stack` runs it, with endpoints. */
import { fileURLToPath } from 'node:url';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { dynamoDbClient } from '../../lib/aws/clients.ts';
import { DynamoConfigWriter } from '../../lib/aws/dynamodb/config-writer.ts';
import { type Emulator, startEmulator } from '../../lib/emulator/emulator.ts';
import { ensureFirstSource } from '../../lib/emulator/first-source.ts';
import { handlerLog } from '../../lib/emulator/handler-log.ts';
import { putEndpoints } from './config-rows.ts';
import type { Pipeline } from './pipeline.ts';
import { outputsOf } from './stack-outputs.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const acceptedSchema = z.looseObject({ eventId: z.string() });

export interface RelayPipeline extends Pipeline {
  /** Of which nothing is known yet. It is seen within ten seconds, and so is that it is gone. */
  putEndpoint(id: string, attributes: Readonly<Record<string, unknown>>): Promise<void>;
  removeEndpoint(id: string): Promise<void>;
}

/** @param dataDir a folder for this relay alone */
export async function startRelayPipeline(
  template: unknown,
  dataDir: string,
  endpointUrls: readonly string[],
): Promise<RelayPipeline> {
  const relay = await startEmulator({
    template,
    root: ROOT,
    dataDir,
    port: 0,
    log: handlerLog({ show: console.error }),
    onError: console.error,
  });
  const address = await configure(relay, dataDir, endpointUrls);
  const agent = new Agent();
  const client = dynamoDbClient(relay.engines.dynamoDbConfig);
  const configWriter = new DynamoConfigWriter({
    client,
    tableName: outputsOf(relay.engines).ConfigTableName,
  });
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
      await configWriter.add('endpoint', id, attributes);
    },
    async removeEndpoint(id) {
      await configWriter.remove('endpoint', id);
    },
    async stop() {
      client.destroy();
      await agent.close();
      await relay.stop();
    },
  };
}

/** @returns the webhook address */
async function configure(
  { engines }: Emulator,
  dataDir: string,
  endpointUrls: readonly string[],
): Promise<string | undefined> {
  const { ConfigTableName: configTable, WebhookBaseAddress: webhookBaseAddress } = outputsOf(engines);
  const { dynamoDbConfig } = engines;
  const client = dynamoDbClient(dynamoDbConfig);
  await putEndpoints(client, configTable, endpointUrls);
  client.destroy();
  return ensureFirstSource({ dynamoDbConfig, configTable, webhookBaseAddress, dataDir });
}
