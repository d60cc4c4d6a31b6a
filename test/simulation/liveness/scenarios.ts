/** All liveness scenarios, in the order of the report. */
import { endpoints } from './endpoints.ts';
import { isolation } from './isolation.ts';
import { outage } from './outage.ts';
import type { Scenario } from './scenario.ts';
import { table } from './table.ts';

export const SCENARIOS: readonly Scenario[] = [...endpoints, ...outage, ...isolation, ...table];
