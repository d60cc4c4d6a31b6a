/** The endpoints of every run, by id, and how each wants the events of an order. */
export const ORDERINGS = {
  erp: 'latest',
  shop: 'latest',
  audit: 'strict',
  chat: 'none',
  vip: 'latest',
  ledger: 'strict',
  quiet: 'latest',
  tally: 'latest',
} as const;

/** What some of them want beside. */
export const WISHES: Readonly<Record<string, object>> = {
  quiet: { debounceSeconds: 20 },
  tally: { skipUnchanged: true },
};

/** One that gets nothing but notices. */
export const PAGER = { id: 'pager', row: { sources: [], notices: true, ordering: 'none' } } as const;

/** Those that want some of the events only. */
export const FILTERED: ReadonlySet<string> = new Set(['vip', 'ledger']);
