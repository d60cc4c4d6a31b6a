/** Any id as one segment of a path. */

/** Browsers resolve the path segments `.` and `..`, so an id that begins with a dot gets this before it. */
const GUARD = '~';

export function toSegment(id: string): string {
  return encodeURIComponent(/^[.~]/.test(id) ? GUARD + id : id);
}

/** @param decoded the segment as Hono gives it */
export function fromSegment(decoded: string): string {
  return decoded.startsWith(GUARD) ? decoded.slice(GUARD.length) : decoded;
}
