/** What can be the id of a row of the Config table at all. */

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
const SORT_KEY_LIMIT_BYTES = 1024;

/** False for what DynamoDB refuses to look for: then there is no such row. */
export function canBeRowId(id: string): boolean {
  return id !== '' && Buffer.byteLength(id) <= SORT_KEY_LIMIT_BYTES;
}
