/** `npm start`: runs the relay on this machine. */
import './colours.ts';
import { relative, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { bold, cyan, dim, green, red } from 'yoctocolors';
import { faultOfCidr } from '../lib/contract/cidr.ts';
import { DEFAULT_PORT } from '../lib/contract/local-relay.ts';
import { RETENTION_DAYS } from '../lib/contract/retention.ts';
import { asDataFolderError, DataFolderError } from '../lib/node/data-folder.ts';
import { PortInUseError } from '../lib/node/http/listen.ts';
import { printableLines } from '../lib/relay/model/printable.ts';
import { boundHeap } from '../lib/server/bounded-heap.ts';
import { Log } from '../lib/server/log.ts';
import { type RelayServer, startRelayServer } from '../lib/server/relay-server.ts';
import { onStopSignal } from '../lib/server/stop-signals.ts';
import { DatabaseFileError } from '../lib/sqlite/database-file.ts';

const FAILED = 1;
const MISUSED = 2;
const DEFAULT_HOST = '127.0.0.1';
/** The longest that the alarm of a deployed relay allows, too. */
const MOST_SILENCE_HOURS = 168;

interface Options {
  readonly data: string;
  readonly port: number;
  readonly host: string;
  readonly publicUrl?: string;
  readonly allowCidr: readonly string[];
  readonly retentionDays: number;
  readonly payloadRetentionDays?: number;
  readonly silenceHours: number;
  readonly json: boolean;
}

await new Command('npm start --')
  .description(
    'Runs the relay on this machine. Its data survives Ctrl-C, and the next start continues with it.',
  )
  .option('--data <folder>', 'folder for all data of the relay', '.relay')
  .option('--port <number>', 'port; 0 for a free one', wholeNumber(0, 65_535), DEFAULT_PORT)
  .option('--host <address>', 'address to listen on; 0.0.0.0 for all of this machine', DEFAULT_HOST)
  .option('--public-url <url>', 'how the Hub reaches the relay, for the addresses that are shown', parseUrl)
  .option(
    '--allow-cidr <block>',
    'send also to these private addresses, over http and to any port; repeatable',
    collectCidr,
    [],
  )
  .option(
    '--retention-days <days>',
    'days until events expire',
    wholeNumber(RETENTION_DAYS.min, RETENTION_DAYS.max),
    RETENTION_DAYS.fallback,
  )
  .option(
    '--payload-retention-days <days>',
    'days until payloads, which contain personal data, expire (default: those of events)',
    wholeNumber(RETENTION_DAYS.min, RETENTION_DAYS.max),
  )
  .option(
    '--silence-hours <hours>',
    'hours without a webhook before a notice is sent; 0 for none',
    wholeNumber(0, MOST_SILENCE_HOURS),
    0,
  )
  .option('--json', 'print only one line of JSON, once the relay accepts requests', false)
  .allowExcessArguments(false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : MISUSED))
  .action(start)
  .parseAsync();

async function start(options: Options): Promise<void> {
  boundHeap();
  const dataDir = resolve(options.data);
  const { host, port, publicUrl, allowCidr: allowedCidrs, silenceHours } = options;
  const { retentionDays, payloadRetentionDays } = options;
  if (payloadRetentionDays !== undefined && payloadRetentionDays > retentionDays) {
    console.error(red('--payload-retention-days cannot be more than --retention-days'));
    process.exit(MISUSED);
  }
  try {
    const relay = await startRelayServer({
      ...{ dataDir, host, port, allowedCidrs, silenceHours, retentionDays },
      ...(publicUrl !== undefined && { publicUrl }),
      ...(payloadRetentionDays !== undefined && { payloadRetentionDays }),
      telemetry: new Log({
        format: process.stderr.isTTY ? 'text' : 'json',
        now: () => new Date(),
        write: (line) => process.stderr.write(line),
      }),
    });
    onStopSignal(() => stop(relay, options));
    if (options.json) console.log(JSON.stringify({ ready: true, url: relay.url }));
    else console.log(startScreen(relay, options));
  } catch (error) {
    fail(asDataFolderError(dataDir, error));
  }
}

async function stop(relay: RelayServer, { json }: Options): Promise<void> {
  if (!json)
    console.log(
      dim('\n  Finishing the requests in flight. Ctrl-C again stops at once; nothing is lost either way.'),
    );
  await relay.stop();
}

function startScreen({ url, webhookAddress }: RelayServer, options: Options): string {
  const isDefaultPort = new URL(url).port === String(DEFAULT_PORT);
  const port = isDefaultPort ? '' : ` --port ${new URL(url).port}`;
  const isLocal = options.publicUrl === undefined;
  return [
    '',
    `  ${bold('Sensaria relay')} ${green('is running')} ${dim(url)}`,
    '',
    ...(webhookAddress === undefined
      ? [`  Webhook address   ${dim('was shown when its source was added')}`]
      : [
          `  Webhook address   ${cyan(webhookAddress)}`,
          `                    ${dim('Paste this address unchanged into the Hub.')}`,
        ]),
    ...(isLocal
      ? [
          `                    ${dim('The Hub can reach it only through a proxy or a tunnel: see --public-url.')}`,
        ]
      : []),
    `  Data folder       ${relative(process.cwd(), resolve(options.data)) || '.'}`,
    `  Add an endpoint   npm run relay -- endpoints add --id erp --url https://…${port}`,
    '',
    `  ${dim(
      options.allowCidr.length === 0
        ? 'It sends to public addresses over https only. --allow-cidr 127.0.0.0/8 allows this machine.'
        : `It also sends to ${options.allowCidr.join(', ')}.`,
    )}`,
    `  ${dim('Ctrl-C finishes the requests in flight, and stops.')}`,
    '',
  ].join('\n');
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= min && number <= max) return number;
    throw new InvalidArgumentError(`It must be a number from ${min} to ${max}.`);
  };
}

/** Without a slash at the end. */
function parseUrl(text: string): string {
  const isUrl = /^https?:\/\//.test(text) && URL.canParse(text);
  if (isUrl && !text.includes('?') && !text.includes('#')) return text.replace(/\/+$/, '');
  throw new InvalidArgumentError('It must be a URL such as https://relay.example.com.');
}

function collectCidr(block: string, blocks: readonly string[]): string[] {
  const fault = faultOfCidr(block);
  if (fault !== undefined) throw new InvalidArgumentError(`${fault}.`);
  return [...blocks, block];
}

/** Prints one sentence for an error that the user can fix, and a stack for any other. */
function fail(error: unknown): never {
  const isUserError =
    error instanceof PortInUseError || error instanceof DataFolderError || error instanceof DatabaseFileError;
  console.error(
    red(printableLines(isUserError ? error.message : `The relay cannot run: ${describe(error)}`)),
  );
  process.exit(FAILED);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
