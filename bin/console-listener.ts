/** The console over the relay of this process. */

import type { RequestListener } from 'node:http';
import { explainFileFailure } from '../lib/connect/file-failure.ts';
import { connectInProcess } from '../lib/connect/in-process/in-process-connection.ts';
import { portOption } from '../lib/connect/port-option.ts';
import { createConsole } from '../lib/console/app.ts';
import type { Access } from '../lib/console/safety/access-kinds.ts';
import { consoleListener } from '../lib/console/serve-console.ts';
import type { RunningRelay } from '../lib/server/relay-server.ts';

interface ListenerOptions {
  readonly dataDir: string;
  readonly silenceHours: number;
  readonly access: Access;
  readonly hosts: readonly string[];
}

export function consoleListenerOn(relay: RunningRelay, options: ListenerOptions): RequestListener {
  const { dataDir, silenceHours, access, hosts } = options;
  const connection = connectInProcess(relay, {
    title: `the local relay on port ${new URL(relay.url).port}`,
    ...portOption(Number(new URL(relay.url).port)),
    webhookBaseAddress: relay.webhookBaseAddress,
    dataDir,
    ...(silenceHours > 0 && { silenceHours }),
  });
  return consoleListener(
    createConsole({
      ...{ connection, access, hosts, explainFailure: explainFileFailure },
      warn: (message) => relay.telemetry.warn(message),
    }),
  );
}
