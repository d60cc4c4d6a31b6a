/** The conditions of the event log's writes: a row must still be as the writer read it. */
import { SHOWN_STATES } from '../../relay/model/delivery-state.ts';
import type { EventRecord } from '../../relay/model/event.ts';
import type { Outcome } from '../../relay/model/outcome.ts';
import { REASONS } from '../../relay/model/reason.ts';
import type { DeliveryCondition, OwedItem } from '../../relay/ports/event-log.ts';
import { isoSpellings, type Row } from '../../relay/rows/attributes.ts';
import type { Condition } from './dynamo-table.ts';

export const NOT_FANNED_OUT: Condition = {
  expression: 'attribute_exists(sk) AND attribute_not_exists(fannedOutAt)',
};

/** DynamoDB's TTL may delete an expired row at any moment, so nothing is written to one. */
const NOT_EXPIRED = '(attribute_not_exists(expiresAt) OR expiresAt > :now)';

/** The event is not fanned out, and no other run has recorded an attempt since it was read. */
export function fanOutAsRead({ fanOutAttempts }: EventRecord): Condition {
  const { expression } = NOT_FANNED_OUT;
  return fanOutAttempts === undefined
    ? { expression: `${expression} AND attribute_not_exists(fanOutAttempts)` }
    : {
        expression: `${expression} AND #fanOutAttempts = :onlyAttempts`,
        values: { ':onlyAttempts': fanOutAttempts },
      };
}

/** The delivery is in the given state and under the given lease, or under none. */
export function deliveryAsRead({ state, leaseId }: DeliveryCondition): Condition {
  const isState = { names: { '#onlyState': 'state' }, values: { ':onlyState': state } };
  // Only `leased` has a lease. A person may have left a lease id in a row of another state.
  if (leaseId === undefined && state !== 'leased')
    return { ...isState, expression: '#onlyState = :onlyState' };
  const lease = leaseCondition(leaseId);
  return {
    expression: `#onlyState = :onlyState AND ${lease.expression}`,
    names: isState.names,
    values: { ...isState.values, ...lease.values },
  };
}

function leaseCondition(leaseId: string | undefined): Condition {
  if (leaseId === undefined) return { expression: 'attribute_not_exists(leaseId)' };
  const values = { ':onlyLeaseId': leaseId };
  if (leaseId !== '') return { expression: 'leaseId = :onlyLeaseId', values };
  // A person may leave a leased row without a lease id. The reader gives it an empty one.
  return {
    expression: '(NOT attribute_type(leaseId, :text) OR leaseId = :onlyLeaseId)',
    values: { ...values, ':text': 'S' },
  };
}

/** The row still owes the same work at the same time, however a person spelled that time. */
export function owedAsRead({ owedTo, dueAt }: OwedItem): Condition {
  const { full, short } = isoSpellings(dueAt);
  return {
    expression: 'owedTo = :onlyOwedTo AND (#dueAt = :full OR #dueAt = :short)',
    values: { ':onlyOwedTo': owedTo, ':full': full, ':short': short },
  };
}

/** The event is fanned out and not expired, and its outcomes are as `outcomes` says. */
export function fannedOut(now: Date, outcomes: Condition): Condition {
  return {
    expression: `attribute_exists(fannedOutAt) AND ${NOT_EXPIRED} AND ${outcomes.expression}`,
    ...(outcomes.names && { names: outcomes.names }),
    values: { ':now': now.getTime() / 1000, ...outcomes.values },
  };
}

/** There is a map of outcomes, without a valid one for `#endpoint`: a person may have edited it. */
export const WITHOUT_OUTCOME: Condition = {
  expression: `attribute_type(outcomes, :map) AND NOT outcomes.#endpoint.#state IN (${SHOWN_STATES.map((state) => `:${state}`)})`,
  names: { '#state': 'state' },
  values: { ':map': 'M', ...Object.fromEntries(SHOWN_STATES.map((state) => [`:${state}`, state])) },
};

/** There is no map of outcomes: a person deleted it. */
export const WITHOUT_OUTCOMES: Condition = {
  expression: 'NOT attribute_type(#outcomes, :map)',
  values: { ':map': 'M' },
};

/** The condition that a field of an outcome is absent, or as the reader leaves it out: a person may have edited it. */
const WITHOUT_FIELD: { readonly [Name in Exclude<keyof Outcome, 'state'>]: string } = {
  reason: `NOT outcomes.#endpoint.#reason IN (${REASONS.map((_, index) => `:reason${index}`)})`,
  status: 'NOT attribute_type(outcomes.#endpoint.#status, :number)',
  durationMs: 'NOT attribute_type(outcomes.#endpoint.#durationMs, :number)',
  error: 'NOT attribute_type(outcomes.#endpoint.#error, :text)',
  attempt: 'NOT attribute_type(outcomes.#endpoint.#attempt, :number)',
  late: 'NOT outcomes.#endpoint.#late = :true',
  replayed: 'NOT outcomes.#endpoint.#replayed = :true',
};

const WITHOUT_FIELD_VALUES: Row = {
  ...Object.fromEntries(REASONS.map((reason, index) => [`:reason${index}`, reason])),
  ':number': 'N',
  ':text': 'S',
  ':true': true,
};

/** Compares the outcome of `#endpoint` field by field. Engines differ in how they compare whole maps. */
export function outcomeAsRead({ state, ...fields }: Outcome): Condition {
  const conditions = Object.entries(WITHOUT_FIELD).map(([name, absent]) =>
    name in fields ? `outcomes.#endpoint.#${name} = :${name}` : absent,
  );
  const values = Object.fromEntries(Object.entries(fields).map(([name, value]) => [`:${name}`, value]));
  // DynamoDB refuses values that no condition uses.
  const expression = ['outcomes.#endpoint.#state = :state', ...conditions].join(' AND ');
  const constants = Object.entries(WITHOUT_FIELD_VALUES).filter(([name]) =>
    new RegExp(`${name}\\b`).test(expression),
  );
  return {
    expression,
    names: Object.fromEntries(['state', ...Object.keys(WITHOUT_FIELD)].map((name) => [`#${name}`, name])),
    values: { ...Object.fromEntries(constants), ...values, ':state': state },
  };
}
