/** An address that requests are sent to. */
import * as z from 'zod';

/** Absolute, http or https; whether it may be connected to is seen when its host name has been looked up. */
export const urlSchema = z
  .url({ protocol: /^https?$/, error: 'must be an absolute http or https URL', abort: true })
  .refine((url) => {
    const { username, password } = new URL(url);
    return username === '' && password === '';
  }, 'must not carry a user name or password');
