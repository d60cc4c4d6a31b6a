/** Bugs to put in on purpose: each breaks a rule that the guarantees rest on, and the simulation has to see it. */

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
    rule: 'An attempt is made only under a lease that was really had',
    file: 'deliver-attempt.ts',
    replaced: 'if (!(await relay.eventLog.updateDelivery(delivery, unchanged, lease))) return false;',
    by: 'await relay.eventLog.updateDelivery(delivery, unchanged, lease);',
  },
  {
    rule: 'Rows that someone waits for are written before the debt that they come from is cleared',
    file: 'fan-out-event.ts',
    replaced: 'const deliveries = [...existing.values(), ...(await writeRows(relay, event, known))];',
    by: `const deliveries = [...existing.values(), ...known];
  const write = writeRows;
  await relay.eventLog.finishFanOut(event, {
    changes: [],
    outcomes: Object.fromEntries(deliveries.map((each) => [each.endpointId, outcomeOf(each)])) as Outcomes,
    fannedOutAt: relay.clock.now(),
  });
  await write(relay, event, known);`,
  },
  {
    rule: 'A snapshot gives way to a newer one that was delivered or is owed',
    file: 'ordering.ts',
    replaced: 'isOvertaken(endpoint.id, key, view)) return',
    by: 'false) return',
  },
  {
    rule: 'An older delivery that is in flight is waited for',
    file: 'ordering.ts',
    replaced: 'if (isLeased(row, relay.clock.now())) return false;',
    by: '',
  },
  {
    rule: 'Ids are in order whatever the clocks say',
    file: 'ids.ts',
    replaced: 'Math.max(now, afterNewest)',
    by: 'now',
  },
  {
    rule: 'Fan-out looks behind the first event that is fanned out, for one that was written late',
    file: 'fan-out-backlog.ts',
    replaced: 'event.fannedOutAt !== undefined && event.eventId < farEnough',
    by: 'event.fannedOutAt !== undefined && event.eventId <= farEnough.replace(/./g, "z")',
  },
  {
    rule: 'A row of a run that died decides: nothing is sent again for it',
    file: 'fan-out-event.ts',
    replaced: 'const existing = ofEvent(rows, event);',
    by: 'const existing: ReturnType<typeof ofEvent> = new Map(); void rows;',
  },
  {
    rule: 'A run that died may have sent the newest already',
    file: 'fan-out-backlog.ts',
    replaced: 'wokenFor.some(({ receivedBefore }) => receivedBefore) ? markRepeated(owed) : owed',
    by: 'owed',
  },
  {
    rule: 'A delivery is settled in its row, then in the outcomes, and only then owed no more',
    file: 'settle.ts',
    replaced:
      'const recorded = await relay.eventLog.recordOutcome(delivery, delivery.endpointId, outcomeOf(delivery));',
    by: `await relay.eventLog.updateDelivery(delivery, only, resting(delivery, now));
  const recorded = await relay.eventLog.recordOutcome(delivery, delivery.endpointId, outcomeOf(delivery));`,
  },
  {
    rule: 'Sweep moves on what is owed and due as it was read, and wakes nothing else',
    file: 'wake-overdue.ts',
    replaced: 'items.filter((_, index) => moved[index])',
    by: '[...items]',
  },
  {
    rule: 'With strict, an older one that is not settled is waited for',
    file: 'ordering.ts',
    replaced: "return older.length === 0 ? 'go' :",
    by: "return older.length === 0 || true ? 'go' :",
  },
  {
    rule: 'What is parked while the circuit is open stands in the list of owed work',
    file: 'transition.ts',
    replaced: 'return { ...rest, reason };',
    by: "return { ...rest, reason, owedTo: 'nobody' };",
  },
  {
    rule: 'A replay gives way to a newer event that fan-out may be sending',
    file: 'delivery-reads.ts',
    replaced: 'delivery.replayedAt === undefined && !delivery.undecided ? undefined : underWay',
    by: 'undefined; void underWay',
  },
  {
    rule: 'What an endpoint has had is remembered, though its replay was cancelled',
    file: 'ordering.ts',
    replaced: '(mayHaveArrivedAt !== undefined && !isRefusedFromTheFirst(row))',
    by: '(mayHaveArrivedAt === null && !isRefusedFromTheFirst(row))',
  },
  {
    rule: 'A skipped event supersedes nothing: the filter is asked before the turn is taken',
    file: 'fan-out-event.ts',
    replaced:
      "if (!(await wants(relay, endpoint, told, payload))) return withoutRow(delivery, 'skipped', FILTERED);",
    by: `if (!(await wants(relay, endpoint, told, payload))) {
    await takeTurn(relay, endpoint, event, view);
    return withoutRow(delivery, 'skipped', FILTERED);
  }`,
  },
  {
    rule: 'One about which the filter has yet to be asked takes no older one’s place',
    file: 'ordering.ts',
    replaced: '!isUndecided(row) && (hasHad(row) || !isSettled(row))',
    by: 'hasHad(row) || !isSettled(row)',
  },
  {
    rule: 'The filter is asked about a row that was made before it could be asked',
    file: 'deliver.ts',
    replaced: 'if (!delivery.undecided) return',
    by: 'if (decide) return',
  },
  {
    rule: 'An older event waits for one that may have been sent, if the endpoint may refuse that one',
    file: 'ordering.ts',
    replaced: "if (filter === undefined) return 'superseded';",
    by: "if (filter !== relay.random) return 'superseded';",
  },
];
