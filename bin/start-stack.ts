/** `npm run start:stack`: runs the stack's template on this machine, on an emulated DynamoDB and SQS. */
import './colours.ts';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { bold, cyan, dim, green, yellow } from 'yoctocolors';
import { z } from 'zod';
import { DEFAULT_PORT } from '../lib/contract/local-relay.ts';
import { callInThread } from '../lib/emulator/call-in-thread.ts';
import { type Emulator, startEmulator } from '../lib/emulator/emulator.ts';
import { ensureFirstSource } from '../lib/emulator/first-source.ts';
import { handlerLog } from '../lib/emulator/handler-log.ts';
import { TemplateError } from '../lib/emulator/template/cloudformation.ts';
import { asDataFolderError } from '../lib/node/data-folder.ts';
import { printableText } from '../lib/relay/model/printable.ts';
import { onStopSignal } from '../lib/server/stop-signals.ts';
import { endWith } from './end-with.ts';
import { wholeNumber } from './whole-number.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SYNTHESIS = new URL('../lib/stack/synthesize-template.ts', import.meta.url);

const MISUSED = 2;

interface Options {
  readonly data: string;
  readonly port: number;
  readonly log: boolean;
  readonly json: boolean;
}

await new Command('npm run start:stack --')
  .description(
    'Runs the deployed stack on this machine, on an emulated DynamoDB and SQS. Its data survives Ctrl-C.',
  )
  .option('--data <folder>', 'folder for all data of the stack', '.relay-stack')
  .option('--port <number>', 'port on 127.0.0.1; 0 for a free one', wholeNumber(0, 65_535), DEFAULT_PORT)
  .option('--log', 'write the full log of the functions to relay.log in the data folder', false)
  .option('--json', 'print only one line of JSON, once the relay accepts requests', false)
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : MISUSED))
  .action(start)
  .parseAsync();

async function start(options: Options): Promise<void> {
  const dataDir = resolve(options.data);
  try {
    const relay = await startEmulator({
      template: synthesize(),
      root: ROOT,
      dataDir,
      port: options.port,
      log: handlerLog({ show: warn, ...(options.log && { file: join(dataDir, 'relay.log') }) }),
      onError: (error) => warn(printableText(`WARN ${error instanceof Error ? error.message : error}`)),
    });
    relay.engines.failed.catch((error) => endWith(asDataFolderError(dataDir, error), TemplateError));
    onStopSignal(() => stop(relay, options));
    const address = await firstAddress(relay, dataDir);
    if (options.json) console.log(JSON.stringify({ ready: true, url: relay.url }));
    else console.log(startScreen(relay, address, options));
  } catch (error) {
    endWith(asDataFolderError(dataDir, error), TemplateError);
  }
}

/** Runs the CDK in a thread. It needs several hundred megabytes, which the thread's end frees. */
async function synthesize(): Promise<unknown> {
  const synthesized = await callInThread(SYNTHESIS, 'synthesizeLocalTemplate');
  return z.strictObject({ template: z.unknown() }).parse(synthesized).template;
}

function firstAddress({ engines }: Emulator, dataDir: string): Promise<string | undefined> {
  const { ConfigTableName, WebhookBaseAddress } = z
    .looseObject({ ConfigTableName: z.string(), WebhookBaseAddress: z.string() })
    .parse(engines.resources.outputs);
  return ensureFirstSource({
    dynamoDbConfig: engines.dynamoDbConfig,
    configTable: ConfigTableName,
    webhookBaseAddress: WebhookBaseAddress,
    dataDir,
  });
}

function startScreen(relay: Emulator, address: string | undefined, options: Options): string {
  const port = options.port === DEFAULT_PORT ? '' : ` --port ${new URL(relay.url).port}`;
  return [
    '',
    `  ${bold('Sensaria relay')} ${green('is running')} ${dim(relay.url)}`,
    '',
    ...(address === undefined
      ? [`  Webhook address   ${dim('was shown when its source was added')}`]
      : [
          `  Webhook address   ${cyan(address)}`,
          `                    ${dim('Paste this address unchanged into the Hub. The Hub can reach it only through')}`,
          `                    ${dim('a tunnel. Or deploy: npm run deploy')}`,
        ]),
    `  Data folder       ${relative(process.cwd(), resolve(options.data)) || '.'}`,
    `  Add an endpoint   npm run relay -- endpoints add --id erp --url https://…${port}`,
    '',
    `  ${dim('Endpoints on this machine itself are allowed here; a deployed relay refuses them.')}`,
    `  ${dim('Ctrl-C finishes the requests in flight, and stops.')}`,
    '',
  ].join('\n');
}

async function stop(relay: Emulator, { json }: Options): Promise<void> {
  if (!json)
    console.log(
      dim('\n  Finishing the requests in flight. Ctrl-C again stops at once; nothing is lost either way.'),
    );
  await relay.stop();
}

function warn(line: string): void {
  console.error(yellow(line));
}
