/** Makes untrusted text safe to print on a terminal. */

/** Characters that move the cursor, change the writing direction, or start a line. */
const CONTROL_CHARACTERS = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Replaces each control character by its code, such as `\u001b`. */
export function printableText(text: string): string {
  return text.replace(
    CONTROL_CHARACTERS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Like {@link printableText}, but keeps line ends and tabs. */
export function printableLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(printableText).join('\t'))
    .join('\n');
}
