/** The unit of strings of any characters: `fc.string({ unit: anyChar })`. */
import fc from 'fast-check';

const FIRST_SURROGATE = 0xd800;
const SURROGATES = 0x800;
const LAST_CODE_POINT = 0x10ffff;

/**
 * Any code point except surrogates. It generates the same strings as fast-check's unit `binary`. That one first puts all
 * 1.1 million characters into a map, which takes a second of CPU and 130 MB.
 */
export const anyChar = fc.nat(LAST_CODE_POINT - SURROGATES).map(charAt, indexOf);

function charAt(index: number): string {
  return String.fromCodePoint(index < FIRST_SURROGATE ? index : index + SURROGATES);
}

/** fast-check needs it to put names like `__proto__` among the strings. It tries parts of a string until one is a character. */
function indexOf(char: unknown): number {
  const codePoint = String(char).codePointAt(0) ?? 0;
  const index = codePoint < FIRST_SURROGATE ? codePoint : codePoint - SURROGATES;
  if (char !== charAt(index)) throw new Error('not one character');
  return index;
}
