/** Diagnostics of a relay in AWS, and of its emulator. The clients of the services load on first use. */
import type { Diagnostics, StackDiagnostics } from '../../operator/diagnostics.ts';
import type { AwsRelay, StackPlace } from '../aws-relay.ts';
import { askAddress, faultOfUrl } from './network.ts';
import type { StackResource } from './stack-resources.ts';

/** A relay on this machine may send to it. */
const LOOPBACK = ['127.0.0.0/8', '::1/128'];

export function awsDiagnostics(relay: AwsRelay, now: () => Date = () => new Date()): Diagnostics {
  const { stackPlace, webhookBaseAddress } = relay;
  if (stackPlace === undefined)
    return {
      askAddress: () => askAddress(webhookBaseAddress),
      faultOfUrl: (url) => faultOfUrl(url, LOOPBACK),
    };
  const resources = once(() => resourcesOf(stackPlace));
  const cidrs = once(async () => (await import('./lambda-facts.ts')).allowedCidrs(await resources()));
  return {
    askAddress: () => askAddress(webhookBaseAddress),
    faultOfUrl: async (url) => faultOfUrl(url, await cidrs()),
    stack: stackDiagnostics(relay, resources, now),
  };
}

function stackDiagnostics(
  relay: AwsRelay,
  resources: () => Promise<StackResource[]>,
  now: () => Date,
): StackDiagnostics {
  return {
    concurrency: async () => (await import('./lambda-facts.ts')).concurrency(),
    mappings: async () => (await import('./lambda-facts.ts')).mappings(await resources()),
    tables: async () => (await import('./table-facts.ts')).tableFacts(relay),
    sweepRuns: async () => (await import('./alarm-facts.ts')).sweepRuns(await resources(), now()),
    alarms: async () => (await import('./alarm-facts.ts')).alarmFacts(await resources()),
    receiversOf: async (topicArn) => (await import('./alarm-facts.ts')).receiversOf(topicArn),
  };
}

async function resourcesOf(place: StackPlace): Promise<StackResource[]> {
  return (await import('./stack-resources.ts')).stackResources(place);
}

/** All callers share one call. */
function once<Value>(call: () => Promise<Value>): () => Promise<Value> {
  let called: Promise<Value> | undefined;
  return () => {
    called ??= call();
    return called;
  };
}
