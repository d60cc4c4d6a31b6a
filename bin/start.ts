/** `npm start`: runs the relay on this machine. */
import './colours.ts';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { dim, red } from 'yoctocolors';
import { PASSWORD_LENGTH } from '../lib/console/safety/access-kinds.ts';
import { faultOfCidr } from '../lib/contract/cidr.ts';
import { DEFAULT_PORT } from '../lib/contract/local-relay.ts';
import { RETENTION_DAYS } from '../lib/contract/retention.ts';
import { asDataFolderError } from '../lib/node/data-folder.ts';
import { boundHeap } from '../lib/server/bounded-heap.ts';
import { Log } from '../lib/server/log.ts';
import { logOutput } from '../lib/server/log-output.ts';
import { type RelayServer, startRelayServer } from '../lib/server/relay-server.ts';
import { onStopSignal } from '../lib/server/stop-signals.ts';
import { DatabaseFileError } from '../lib/sqlite/database-file.ts';
import {
  type ConsoleBesideRelay,
  consoleBesideRelay,
  isOnNetwork,
  withoutConsole,
} from './console-beside-relay.ts';
import { endWith, messageOf } from './end-with.ts';
import { startScreen } from './start-screen.ts';
import { wholeNumber } from './whole-number.ts';

const MISUSED = 2;
const DEFAULT_HOST = '127.0.0.1';
const PASSWORD_VARIABLE = 'RELAY_CONSOLE_PASSWORD';
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
  readonly console: boolean;
  readonly consolePasswordFile?: string;
  readonly json: boolean;
}

await new Command('npm start --')
  .description(
    'Runs the relay on this machine. Its data survives Ctrl-C, and the next start continues with it.',
  )
  .option('--data <folder>', 'folder for all data of the relay', '.relay')
  .option('--port <number>', 'port; 0 for a free one', wholeNumber(0, 65_535), DEFAULT_PORT)
  .option(
    '--host <address>',
    'address to listen on; 0.0.0.0 for all of this machine',
    parseHost,
    DEFAULT_HOST,
  )
  .option('--public-url <url>', 'how the Hub reaches the relay, for the addresses that are shown', parseUrl)
  .addOption(
    new Option(
      '--allow-cidr <block>',
      'send also to these private addresses, over http and to any port; repeatable',
    )
      .argParser(collectCidr)
      .default([], 'none'),
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
  .option('--no-console', 'serve no web console')
  .option(
    '--console-password-file <path>',
    `file with the console's password, which --host needs (default: ${PASSWORD_VARIABLE})`,
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
  const web = consoleOf(options, dataDir);
  try {
    const relay = await startRelayServer({
      ...{ dataDir, host, port, allowedCidrs, silenceHours, retentionDays },
      ...(publicUrl !== undefined && { publicUrl }),
      ...(payloadRetentionDays !== undefined && { payloadRetentionDays }),
      console: web?.handler,
      telemetry: new Log({
        format: process.stderr.isTTY ? 'text' : 'json',
        now: () => new Date(),
        write: logOutput(),
      }),
    });
    onStopSignal(() => stop(relay, options));
    const consoleAddress = await web?.saveAddress(relay.url);
    if (web === undefined) withoutConsole(dataDir);
    if (options.json) console.log(JSON.stringify({ ready: true, url: relay.url }));
    else console.log(startScreen({ ...relay, ...options, dataDir, consoleAddress }));
  } catch (error) {
    endWith(asDataFolderError(dataDir, error), DatabaseFileError);
  }
}

/** Undefined when nobody may use it: on a network, it needs a password. */
function consoleOf(options: Options, dataDir: string): ConsoleBesideRelay | undefined {
  const { host, publicUrl, silenceHours } = options;
  const password = passwordOf(options);
  if (!options.console || (password === undefined && isOnNetwork(host))) return undefined;
  if (password !== undefined && password.length < PASSWORD_LENGTH) {
    console.error(red(`the console's password must have at least ${PASSWORD_LENGTH} characters`));
    process.exit(MISUSED);
  }
  return consoleBesideRelay({ dataDir, host, publicUrl, password, silenceHours });
}

function passwordOf({ consolePasswordFile: file }: Options): string | undefined {
  if (file === undefined) return process.env[PASSWORD_VARIABLE] || undefined;
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch (error) {
    console.error(red(`--console-password-file cannot be read: ${messageOf(error)}`));
    process.exit(MISUSED);
  }
}

async function stop(relay: RelayServer, { json }: Options): Promise<void> {
  if (!json)
    console.log(
      dim('\n  Finishing the requests in flight. Ctrl-C again stops at once; nothing is lost either way.'),
    );
  await relay.stop();
}

/** An empty one, such as that of an unset variable, would be every address of the machine. */
function parseHost(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('It must be an address such as 127.0.0.1.');
  return text;
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
