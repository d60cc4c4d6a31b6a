/** The id of an endpoint: the name that the operator gave it. */
import { type EndpointId, FAN_OUT } from '../model/ids.ts';
import * as z from '../model/zod.ts';

/** `#` is not allowed, because it separates the parts of keys that contain an endpoint id. */
export const endpointIdSchema = z.pipe(
  z.string().check(
    z.regex(/^[^#\p{C}]{1,64}$/u, 'must be 1 to 64 visible characters, without #'),
    z.refine((id) => id !== FAN_OUT, `must not be ${FAN_OUT}, which has lists of its own`),
  ),
  z.transform((id) => id as EndpointId),
);
