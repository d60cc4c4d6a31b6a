/** The thread of the embedded SQS: fauxqs, on a free port of the loopback. */
import { Server } from 'node:http';
import net from 'node:net';
import { workerData } from 'node:worker_threads';
import { startFauxqs } from 'fauxqs';
import { LOOPBACK } from '../../node/http/loopback.ts';
import { REGION } from '../account.ts';
import { refuseBrowsers } from '../loopback.ts';
import { type EngineSettings, reportListening } from './engine-thread.ts';
import { keepReceiveCounts, releaseInFlight } from './queue-store.ts';

const { path }: EngineSettings = workerData;

listenOnLoopbackOnly();
if (path !== undefined) releaseInFlight(path);
const fauxqs = await startFauxqs({
  port: 0,
  logger: false,
  defaultRegion: REGION,
  ...(path !== undefined && { dataDir: path }),
});
if (path !== undefined) keepReceiveCounts(path);
reportListening(fauxqs.port, () => fauxqs.stop());

/**
 * fauxqs listens on every network interface and has no option to change that. Nothing else listens in this thread, so
 * this replaces `listen` for all servers.
 */
function listenOnLoopbackOnly(): void {
  const listen = net.Server.prototype.listen;
  net.Server.prototype.listen = function (this: net.Server, ...parameters: unknown[]) {
    const [options] = parameters;
    if (this instanceof Server) refuseBrowsers(this);
    return Reflect.apply(listen, this, [{ ...Object(options), host: LOOPBACK }]);
  };
}
