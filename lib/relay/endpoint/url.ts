/** The URL of an endpoint or token server. */
import * as z from '../model/zod.ts';

/** An absolute http or https URL. The address guard checks its addresses later, after the name lookup. */
export const urlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an absolute http or https URL', abort: true })
  .check(
    z.refine((url) => {
      const { username, password } = new URL(url);
      return username === '' && password === '';
    }, 'must not carry a user name or password: put them into auth'),
  );

/** Stands for the order id in an endpoint's URL. */
const PLACEHOLDER = /\{orderid\}/gi;
const OUTSIDE_PATH_AND_QUERY = /^[^/?#]*\/\/[^/?#]*\{orderid\}|#.*\{orderid\}/i;

/** The URL of an endpoint. Its path and its query may contain `{orderid}`. */
export const endpointUrlSchema = z.pipe(
  z.string('must be an absolute http or https URL').check(
    z.refine((url) => !OUTSIDE_PATH_AND_QUERY.test(url), {
      error: 'must have {orderid} in its path or query, not in the host, port, user name or fragment',
      abort: true,
    }),
    // Stryker disable next-line StringLiteral: any text without braces will do
    z.refine((url) => !/[{}]/.test(url.replaceAll(PLACEHOLDER, '')), {
      error: 'must have no braces but those of {orderid}; write others as %7B and %7D',
    }),
  ),
  urlSchema,
);

export function hasPlaceholder(url: string): boolean {
  return url.search(PLACEHOLDER) !== -1;
}

/** Replaces each `{orderid}`. */
export function fillPlaceholder(url: string, value: string): string {
  return url.replaceAll(PLACEHOLDER, () => value);
}
