/** Bugs to put in on purpose: each breaks a rule that the guarantees rest on, and the simulation has to notice it. */

export interface Mutant {
  /** The rule that it breaks. */
  readonly rule: string;
  /** In `lib/relay`. */
  readonly file: string;
  readonly replaced: string;
  readonly by: string;
}

export const MUTANTS: readonly Mutant[] = [
  {
    rule: 'An attempt is made only under a lease that was taken',
    file: 'deliver/attempt-under-lease.ts',
    replaced: `  if (row === undefined) return undefined;
  try {`,
    by: `  if (row === undefined) return void (await attempt(context, endpoint, content.event, content.payload));
  try {`,
  },
  {
    rule: "A lease covers the attempt's own time",
    file: 'deliver/attempt-under-lease.ts',
    replaced: 'const leaseMs = maxAttemptMs(endpoint) + LEASE_MARGIN_MS;',
    by: 'const leaseMs = 0 * maxAttemptMs(endpoint) + LEASE_MARGIN_MS;',
  },
  {
    rule: 'No request starts that could outlast its lease',
    file: 'deliver/attempt-under-lease.ts',
    replaced: 'clock.monotonicMs() + requestMs <= endMs && after(clock.now(), requestMs) <= endAt',
    by: 'clock.monotonicMs() + requestMs <= endMs + 1e9 * Number(endAt)',
  },
  {
    rule: 'A lease that expired may have sent',
    file: 'delivery/state-machine.ts',
    replaced:
      "return delivery.state === 'leased' ? { ...pending, possiblyDeliveredAt: delivery.leaseUntil } : pending;",
    by: 'return pending;',
  },
  {
    rule: 'One invocation of deliver serves an endpoint',
    file: 'health/delivery-lock.ts',
    replaced: 'if (isLocked(before, now)) return undefined;',
    by: '',
  },
  {
    rule: 'The lock is taken on the condition that nobody else took it',
    file: 'health/delivery-lock.ts',
    replaced: 'return store.compareAndSet(id, { lockId: previousId }, lock);',
    by: 'return store.compareAndSet(id, { lockId: previousId && undefined }, lock);',
  },
  {
    rule: "The next holder of the lock keeps the last one's distance",
    file: 'health/rate-limiter.ts',
    replaced: `if (this.intervalMs <= MAX_CLOCK_SKEW_MS) return this.intervalMs;`,
    by: `if (this.intervalMs <= MAX_CLOCK_SKEW_MS) return 0;`,
  },
  {
    rule: "Rows are written before the event's own debt is cleared",
    file: 'fan-out/fan-out-event.ts',
    replaced:
      'const deliveries = [...existing.values(), ...(await writeRows(context, event, [...fresh, ...waiting]))];',
    by: `const deliveries = [...existing.values(), ...fresh, ...waiting];
  await context.eventLog.finishFanOut(event, {
    changes,
    outcomes: Object.fromEntries(deliveries.map((each) => [each.endpointId, outcomeOf(each)])) as Outcomes,
    fannedOutAt: context.clock.now(),
  });
  await writeRows(context, event, [...fresh, ...waiting]);`,
  },
  {
    rule: "A health row is made before an endpoint's first delivery row",
    file: 'fan-out/fan-out-event.ts',
    replaced: 'await context.config.health.ensure(delivery.endpointId);',
    by: '',
  },
  {
    rule: 'A delivery is settled in its row, then in the outcome, and only then nothing is left to do',
    file: 'delivery/settle.ts',
    replaced: `  const unfinished = await recordOutcome(context, delivery, known);`,
    by: `  await applyChange(context, delivery, outcomeRecorded(delivery, now));
  const unfinished = await recordOutcome(context, delivery, known);`,
  },
  {
    rule: 'An outcome that has changed since the attempt is replaced, too',
    file: 'delivery/settle.ts',
    replaced: 'if (known?.fannedOutAt !== undefined && (await replaces(known))) return undefined;',
    by: `if (known?.fannedOutAt !== undefined) {
    await replaces(known);
    return undefined;
  }`,
  },
  {
    rule: 'A lease of a delivery that is due much later ends in the list, too',
    file: 'delivery/state-machine.ts',
    replaced: 'const dueAt = isSoonDue ? delivery.dueAt : leaseUntil;',
    by: 'const { dueAt } = delivery;',
  },
  {
    rule: 'A row of an earlier run decides: nothing is sent again because of it',
    file: 'fan-out/fan-out-event.ts',
    replaced: 'const existing = ofEvent(rows, event);',
    by: 'const existing: ReturnType<typeof ofEvent> = new Map();',
  },
  {
    rule: "An event's payload is written before its row",
    file: 'ingest.ts',
    replaced: "if (put.status === 'rejected') throw put.reason;",
    by: "if (put.status === 'rejected' && put.reason instanceof PayloadTooLargeError) throw put.reason;",
  },
  {
    rule: 'Ids are in order whatever the clocks say',
    file: 'model/ids.ts',
    replaced: 'Math.max(now, afterNewest)',
    by: 'now',
  },
  {
    rule: 'An older snapshot is not sent after a newer one was delivered',
    file: 'delivery/ordering.ts',
    replaced: 'if (hasNewer(id, newest, view.rows, newer)) {',
    by: 'if (newer.length > 99 && hasNewer(id, newest, view.rows, newer)) {',
  },
  {
    rule: '`latest` sends the newest',
    file: 'delivery/ordering.ts',
    replaced: 'const newest = pending.at(-1);',
    by: 'const newest = pending.at(0);',
  },
  {
    rule: '`latest` waits while an older one is leased',
    file: 'delivery/ordering.ts',
    replaced: 'return pending.some((row) => isLeased(row, now))',
    by: 'return isLeased(newest, now)',
  },
  {
    rule: '`latest` waits while fan-out may be sending a newer one',
    file: 'delivery/ordering.ts',
    replaced: 'fannedOutAt === undefined && abandonedAt === undefined)',
    by: 'fannedOutAt === undefined && abandonedAt !== undefined)',
  },
  {
    rule: 'A possible delivery is remembered, though its replay was cancelled',
    file: 'delivery/ordering.ts',
    replaced: `return state === 'delivered' || possiblyDeliveredAt !== undefined;`,
    by: `return state === 'delivered' || possiblyDeliveredAt === null;`,
  },
  {
    rule: '`strict` waits for the oldest',
    file: 'delivery/ordering.ts',
    replaced: 'return unlessLeased(pending[0], now);',
    by: 'return unlessLeased(pending.find((row) => isSameDelivery(row, key)), now);',
  },
  {
    rule: 'An inline attempt waits for an older delivery that is leased',
    file: 'fan-out/first-deliveries.ts',
    replaced: 'if (isLeased(row, context.clock.now()) || !(await settle',
    by: 'if (!(await settle',
  },
  {
    rule: 'A late event is marked late',
    file: 'fan-out/first-deliveries.ts',
    replaced: "...(ordering === 'strict' && isLate && { late: true })",
    by: "...(ordering === 'strict' && isLate && {})",
  },
  {
    rule: 'A late event is left to deliver',
    file: 'fan-out/first-deliveries.ts',
    replaced: 'if (!mode.inline || isLate || !admission.inline',
    by: 'if (!mode.inline || !admission.inline',
  },
  {
    rule: 'Fan-out looks behind the first event that is fanned out, for one that was written late',
    file: 'fan-out/unfanned-events.ts',
    replaced: 'event.fannedOutAt !== undefined && event.eventId < farEnough',
    by: "event.fannedOutAt !== undefined && event.eventId <= farEnough.replace(/./g, 'z')",
  },
  {
    rule: 'A repeated run sends nothing itself',
    file: 'fan-out/fan-out.ts',
    replaced: `fanOutEvent(context, next, { possiblySent, inline: tookMs < INLINE_FOR_MS }),`,
    by: `fanOutEvent(context, next, { possiblySent: possiblySent && false, inline: tookMs < INLINE_FOR_MS }),`,
  },
  {
    rule: 'A repeated run marks what may have been sent',
    file: 'fan-out/first-deliveries.ts',
    replaced: '...(possiblySent && { possiblyDeliveredAt: event.receivedAt }),',
    by: '...(possiblySent && {}),',
  },
  {
    rule: 'An event that fails again and again steps aside',
    file: 'fan-out/quarantine.ts',
    replaced: 'const fanOutAttempts = before + 1;',
    by: 'const fanOutAttempts = 1 + 0 * before;',
  },
  {
    rule: 'An event that the filter refuses supersedes nothing',
    file: 'fan-out/first-deliveries.ts',
    replaced: `  if (filtered === 'refuse') return endedWithoutRow(delivery, 'skipped', 'filter-refused', now);
`,
    by: `  if (filtered === 'refuse') {
    await isFreeOfOlder(context, endpoint, view);
    return endedWithoutRow(delivery, 'skipped', 'filter-refused', now);
  }
`,
  },
  {
    rule: 'A delivery whose filter is pending supersedes nothing until it is evaluated',
    file: 'deliver/deliver-order.ts',
    replaced: `  // A delivery that cannot be sent must not supersede one that can. So its event and payload are read first.
`,
    by: `  if (!(await supersede(context, older, view))) return 'again';
`,
  },
  {
    rule: 'A pending filter is evaluated',
    file: 'deliver/deliver-order.ts',
    replaced: 'if (!delivery.filterPending) return content;',
    by: "if (delivery.state === 'pending') return content;",
  },
  {
    rule: "A parked delivery stands in the endpoint's list",
    file: 'delivery/state-machine.ts',
    replaced: 'return { ...waiting, reason };',
    by: "return { ...waiting, reason, owedTo: 'nobody' };",
  },
  {
    rule: 'A probe takes the right to the next one',
    file: 'health/health.ts',
    replaced: `    retryAt: after(now, intervalSeconds * 1000),
    probeIntervalSeconds: Math.min(2`,
    by: `    retryAt: now,
    probeIntervalSeconds: Math.min(2`,
  },
  {
    rule: 'Probes become rarer',
    file: 'health/health.ts',
    replaced: 'probeIntervalSeconds: Math.min(2 * intervalSeconds,',
    by: 'probeIntervalSeconds: Math.min(intervalSeconds,',
  },
  {
    rule: 'A failed probe does not count as an attempt',
    file: 'deliver/attempt-under-lease.ts',
    replaced: 'if (isProbe && !isTest(row)) return probeFailed(row, made, now);',
    by: '',
  },
  {
    rule: 'A probe takes the head of an order, whatever its own next attempt',
    file: 'deliver/deliver-order.ts',
    replaced: 'work.isProbe || isDue(delivery',
    by: 'isDue(delivery',
  },
  {
    rule: 'Waiting deliveries go at once after the endpoint recovered',
    file: 'deliver/deliver-order.ts',
    replaced: 'return (attempts.at(-1)?.at ?? ANY_TIME) < recoveredAt;',
    by: 'return (attempts.at(-1)?.at ?? ANY_TIME) < new Date(0);',
  },
  {
    rule: 'A strict endpoint with wrong credentials loses no event',
    file: 'delivery/strict-refusals.ts',
    replaced: 'lastSuccessAt > after(first.at, MAX_CLOCK_SKEW_MS)',
    by: 'lastSuccessAt < new Date(8.64e15)',
  },
  {
    rule: 'An endpoint that refuses five orders is refusing',
    file: 'health/refusals.ts',
    replaced: 'if (!isNotAccepted(made) || sourceOf(made.orderKey) === TESTS) return health;',
    by: 'return health;',
  },
  {
    rule: 'Catching up ends',
    file: 'deliver/endpoint-service.ts',
    replaced: 'await health.change(this.#endpointId, backlogDrained);',
    by: '',
  },
  {
    rule: 'An endpoint that is new to this function is not taken for removed',
    file: 'deliver/cancel-order.ts',
    replaced: '(sane(owedSince, now, 0) ?? youngest) > youngest',
    by: '(sane(owedSince, now, 0) ?? youngest) < new Date(0)',
  },
  {
    rule: "A removed endpoint's health row stays while something needs attention",
    file: 'sweep/sweep-endpoint.ts',
    replaced: 'const isNeeded = waiting.length > 0 ||',
    by: 'const isNeeded = false &&',
  },
  {
    rule: 'Deliver has ten requests in flight to an endpoint at most',
    file: 'deliver/endpoint-service.ts',
    replaced: 'const MOST_IN_FLIGHT = 10;',
    by: 'const MOST_IN_FLIGHT = 40;',
  },
  {
    rule: 'A failure sets the requests in flight back to one',
    file: 'deliver/endpoint-service.ts',
    replaced: '? 1\n            : Math.min(this.#inFlightLimit + 1, MOST_IN_FLIGHT)',
    by: '? MOST_IN_FLIGHT : MOST_IN_FLIGHT',
  },
  {
    rule: 'Each attempt counts',
    file: 'delivery/state-machine.ts',
    replaced: 'const attemptCount = delivery.attemptCount + 1;',
    by: 'const attemptCount = Math.max(1, delivery.attemptCount);',
  },
  {
    rule: 'A retry does not go before its time',
    file: 'delivery/state-machine.ts',
    replaced: 'planned <= after(now, DUE_WITHIN_MS)',
    by: 'planned <= after(now, 100 * DUE_WITHIN_MS)',
  },
  {
    rule: 'A dead or cancelled delivery needs attention',
    file: 'delivery/state-machine.ts',
    replaced: 'const needsAttention = isFailure(delivery.state) && !isTest(delivery);',
    by: "const needsAttention = delivery.state === 'cancelled' && !isTest(delivery);",
  },
  {
    rule: 'A delivery that the relay fails on itself ends',
    file: 'deliver/deliver-order.ts',
    replaced: `    await writeResult(context, endpoint, delivery, unprocessable(context, delivery, error));
`,
    by: `    unprocessable(context, delivery, error);
`,
  },
  {
    rule: 'The next of a strict order goes once the one before has ended',
    file: 'deliver/deliver-order.ts',
    replaced: "if (work.isProbe || endpoint.ordering !== 'strict' || pending.length === 1) return;",
    by: 'return;',
  },
  {
    rule: 'An endpoint with latest gets snapshots alone',
    file: 'delivery/ordering.ts',
    replaced: "return ordering === 'latest' && lacksSnapshot(event);",
    by: 'return false;',
  },
  {
    rule: 'Sweep puts back only what it has moved itself',
    file: 'sweep/sweep-events.ts',
    replaced: "return result?.status === 'fulfilled' && result.value;",
    by: "return result?.status === 'fulfilled';",
  },
  {
    rule: 'An attempt of deliver ends before the function is killed',
    file: 'deliver/endpoint-service.ts',
    replaced: '!this.#deadline.allows(takesMs + WRITING_TAKES_MS)',
    by: '!this.#deadline.allows(0 * takesMs)',
  },
  {
    rule: 'A failed fan-out waits for all that it started',
    file: 'model/await-all.ts',
    replaced: `  await Promise.allSettled(promises);
`,
    by: '',
  },
  {
    rule: 'An unverified event is dropped only after a consistent read',
    file: 'fan-out/queue-fallback.ts',
    replaced: '    (await context.config.sourceByTokenFromTable(tokenSha256));',
    by: '    undefined;',
  },
];
