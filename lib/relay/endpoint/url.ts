/** The URL of an endpoint or token server. */
import * as z from 'zod';

/** An absolute http or https URL. The address guard checks its addresses later, after the name lookup. */
export const urlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an absolute http or https URL', abort: true })
  .refine((url) => {
    const { username, password } = new URL(url);
    return username === '' && password === '';
  }, 'must not carry a user name or password');
