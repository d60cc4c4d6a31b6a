/** The endpoints of every run, by id, and how each wants the events of an order. */
export const ORDERINGS = {
  erp: 'latest',
  shop: 'latest',
  audit: 'strict',
  chat: 'none',
  vip: 'latest',
  ledger: 'strict',
} as const;

/** Those that want some of the events only. */
export const FILTERED: ReadonlySet<string> = new Set(['vip', 'ledger']);
