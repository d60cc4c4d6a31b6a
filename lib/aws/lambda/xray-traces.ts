/**
 * The Traces port over X-Ray: sends a subsegment for each event to the daemon that Lambda runs beside the function
 * (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-daemon). Tracing libraries also
 * record the URLs of requests, and with them the addresses and tokens of endpoints, so none is used.
 */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import type { EventWork, Traces } from '../../relay/ports/traces.ts';

/** X-Ray indexes so many annotations of a trace (https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html#api-segmentdocuments-annotations). */
const MOST_EVENTS = 50;
const HEADER = '{"format":"json","version":1}\n';
/** The segment of the invocation, if Lambda records it. */
const SAMPLED = /^Root=(1-[0-9a-f]{8}-[0-9a-f]{24});Parent=([0-9a-f]{16});Sampled=1(?:;|$)/;

/** Lambda's variables: `_X_AMZN_TRACE_ID` is another in each invocation. */
type LambdaEnvironment = Readonly<Record<string, string | undefined>>;

export class XRayTraces implements Traces {
  readonly #environment: LambdaEnvironment;
  readonly #works: EventWork[] = [];

  constructor(environment: LambdaEnvironment = process.env) {
    this.#environment = environment;
  }

  add(work: EventWork): void {
    if (this.#works.length < MOST_EVENTS) this.#works.push(work);
  }

  /** Sends the invocation's subsegments, if Lambda records it. Rejects when they cannot be sent. */
  async flush(): Promise<void> {
    const works = this.#works.splice(0);
    const { _X_AMZN_TRACE_ID: segment = '', AWS_XRAY_DAEMON_ADDRESS: daemon } = this.#environment;
    const [, traceId, parentId] = SAMPLED.exec(segment) ?? [];
    if (works.length === 0 || traceId === undefined || parentId === undefined) return;
    await sendAll(
      works.map((work) => HEADER + JSON.stringify(subsegmentOf(work, traceId, parentId))),
      new URL(`udp://${daemon}`),
    );
  }
}

function subsegmentOf(work: EventWork, traceId: string, parentId: string) {
  return {
    name: 'event',
    id: randomBytes(8).toString('hex'),
    type: 'subsegment',
    trace_id: traceId,
    parent_id: parentId,
    start_time: work.startedAt.getTime() / 1_000,
    end_time: work.endedAt.getTime() / 1_000,
    annotations: { eventId: work.eventId },
    ...(work.hasFailed && { fault: true }),
  };
}

function sendAll(datagrams: readonly string[], { hostname, port }: URL): Promise<void> {
  const socket = createSocket('udp4');
  const sending = new Promise<void>((resolve, reject) => {
    // A socket that cannot be bound calls no callback of `send`.
    socket.on('error', reject);
    let unsent = datagrams.length;
    for (const datagram of datagrams) {
      socket.send(datagram, Number(port), hostname, (error) => {
        if (error !== null) reject(error);
        else if (--unsent === 0) resolve();
      });
    }
  });
  return sending.finally(() => socket.close());
}
