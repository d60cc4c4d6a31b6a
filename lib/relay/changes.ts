/** What differs between two snapshots of an order. The Hub never says it; the relay works it out. */

/** What the record keeps of an order's item. Every field may be missing, as in the Hub's body. */
export interface Item {
  readonly sku?: string;
  readonly product?: string;
  readonly status?: string;
  readonly trackingNumber?: string;
}

/** One item that came, went, or moved on. Absent parts did not change or were not known. */
export interface Change {
  readonly change: 'added' | 'removed' | 'changed';
  readonly sku?: string;
  readonly statusFrom?: string;
  readonly statusTo?: string;
  readonly trackingNumberFrom?: string;
  readonly trackingNumberTo?: string;
}
