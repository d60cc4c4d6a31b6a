/** The start screen of `npm start` on a terminal. */
import { relative } from 'node:path';
import { bold, cyan, dim, green } from 'yoctocolors';
import { CONSOLE_ADDRESS_FILE, DEFAULT_PORT } from '../lib/contract/local-relay.ts';
import { isOnNetwork } from './console-beside-relay.ts';

export interface StartScreen {
  readonly url: string;
  readonly host: string;
  readonly webhookAddress: string | undefined;
  readonly consoleAddress: string | undefined;
  /** False with `--no-console`. */
  readonly console: boolean;
  readonly publicUrl?: string;
  readonly dataDir: string;
  readonly allowCidr: readonly string[];
}

export function startScreen(screen: StartScreen): string {
  const { url, publicUrl, dataDir, allowCidr } = screen;
  // A URL leaves out port 80, the default of http.
  const port = new URL(url).port || '80';
  const portOption = port === String(DEFAULT_PORT) ? '' : ` --port ${port}`;
  return [
    '',
    `  ${bold('Sensaria relay')} ${green('is running')} ${dim(url)}`,
    '',
    ...webhookLines(screen),
    ...(publicUrl === undefined
      ? [under('The Hub can reach it only through a proxy or a tunnel: see --public-url.')]
      : []),
    ...consoleLines(screen),
    `  Data folder       ${shownFolder(dataDir)}`,
    `  Add an endpoint   npm run relay -- endpoints add --id erp --url https://…${portOption}`,
    '',
    `  ${dim(
      allowCidr.length === 0
        ? 'It sends to public addresses over https only. --allow-cidr 127.0.0.0/8 allows this machine.'
        : `It also sends to ${allowCidr.join(', ')}.`,
    )}`,
    `  ${dim('Ctrl-C finishes the requests in flight, and stops.')}`,
    '',
  ].join('\n');
}

function webhookLines({ webhookAddress }: StartScreen): string[] {
  if (webhookAddress === undefined)
    return [`  Webhook address   ${dim('was shown when its source was added')}`];
  return [`  Webhook address   ${cyan(webhookAddress)}`, under('Paste this address unchanged into the Hub.')];
}

function consoleLines({ consoleAddress, console, host, dataDir }: StartScreen): string[] {
  if (consoleAddress === undefined)
    return !console || !isOnNetwork(host)
      ? []
      : [`  Console           ${dim('on a network, it needs a password: see --help')}`];
  // Without a terminal, this goes into a log, which more people may read than the folder.
  if (!process.stdout.isTTY)
    return [`  Console           its address is in ${shownFolder(dataDir)}/${CONSOLE_ADDRESS_FILE}`];
  return [
    `  Console           ${cyan(consoleAddress)}`,
    under(
      isOnNetwork(host) ? 'It asks for the password.' : 'Open this address in a browser of this machine.',
    ),
  ];
}

function under(text: string): string {
  return `                    ${dim(text)}`;
}

function shownFolder(dataDir: string): string {
  return relative(process.cwd(), dataDir) || '.';
}
