/** The thread of an execution environment: imports the handler's file, then runs one invocation at a time. */
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import {
  describeError,
  epochMs,
  type FunctionSettings,
  type Invocation,
  type Outcome,
} from './invocation.ts';

type Handler = (event: unknown, context: object) => unknown;

const settings: FunctionSettings = workerData;
const importing = importHandler();

parentPort?.on('message', async (invocation: Invocation) => report(await run(invocation)));
report(
  await importing.then(
    () => ({ kind: 'result', result: 'null' }),
    (error) => ({ kind: 'error', message: describeError(error) }),
  ),
);

async function importHandler(): Promise<Handler> {
  const { handler } = await import(pathToFileURL(settings.handlerFile).href);
  if (typeof handler !== 'function') {
    throw new Error(`${settings.handlerFile} exports no function called handler`);
  }
  return handler;
}

async function run(invocation: Invocation): Promise<Outcome> {
  try {
    const handler = await importing;
    const result: unknown = await handler(JSON.parse(invocation.event), contextOf(invocation));
    return { kind: 'result', result: JSON.stringify(result) ?? 'null' };
  } catch (error) {
    return { kind: 'error', message: describeError(error) };
  }
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf({ requestId, deadlineMs }: Invocation): object {
  return {
    functionName: settings.name,
    functionVersion: '$LATEST',
    invokedFunctionArn: settings.arn,
    memoryLimitInMB: String(settings.memoryMb),
    awsRequestId: requestId,
    logGroupName: process.env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: process.env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(deadlineMs - epochMs())),
  };
}

function report(outcome: Outcome): void {
  parentPort?.postMessage(outcome);
}
