/** Waits for several promises until all have settled. */

/**
 * Like `Promise.all`, but waits until every promise has settled before it rejects. Use it where the promises write or
 * send: `Promise.all` rejects at the first error, and the caller would return while the other calls still run. A
 * handler that returns is frozen by Lambda, and those calls would land at any later time.
 *
 * @throws the error of the first promise in the list that rejected
 */
export async function awaitAll<const Promises extends readonly unknown[]>(
  promises: Promises,
): Promise<{ -readonly [Index in keyof Promises]: Awaited<Promises[Index]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
