/** Makes a text of a server fit for the record of an attempt: bounded, on one line, and without secrets. */

const LENGTH_LIMIT = 200;
/** Searching a longer text for parts of secrets would take too long. */
const SEARCHED_LENGTH = 1_000;
const MASK = '***';
/** Servers repeat secrets shortened. A part of this length is masked. */
const PART_LENGTH = 6;

/** Empty when a secret is too short to be found for sure. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  if (secrets.some(({ length }) => length < PART_LENGTH)) return '';
  const hidden = secrets.flatMap((secret) => [
    secret,
    new URLSearchParams({ '': secret }).toString(),
    encodeURIComponent(secret.toWellFormed()),
  ]);
  const searched = text.slice(0, SEARCHED_LENGTH);
  let shown = '';
  for (let at = 0; at < searched.length; ) {
    const length = hiddenLength(searched, at, hidden);
    shown += length === 0 ? searched.charAt(at) : MASK;
    at += Math.max(1, length);
  }
  return shown
    .replaceAll(/[\p{C}\s]+/gu, ' ')
    .trim()
    .slice(0, LENGTH_LIMIT);
}

/** The length of the longest part of a secret that begins here; 0 when it is too short to count. */
function hiddenLength(text: string, at: number, secrets: readonly string[]): number {
  const isPart = (length: number) =>
    at + length <= text.length && secrets.some((secret) => secret.includes(text.slice(at, at + length)));
  let length = PART_LENGTH;
  while (isPart(length)) length += 1;
  return length === PART_LENGTH ? 0 : length - 1;
}
