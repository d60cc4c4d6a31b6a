/** The endpoints of every run, by id, and how each wants the events of an order. */
export const ORDERINGS = { erp: 'latest', shop: 'latest', audit: 'strict', chat: 'none' } as const;
