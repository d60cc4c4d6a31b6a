/**
 * Parses JSON without a loss of digits. `JSON.parse` rounds a number that JavaScript cannot hold, and two orders whose ids
 * differ in the last digit become one.
 */

/** JavaScript writes larger numbers with an exponent. */
const LARGEST = 1e21;
/** Below this, a number has fewer digits than others (IEEE 754, subnormal numbers). */
const SMALLEST = 2 ** -1022;
/** Every decimal number of this many digits survives a conversion to a double and back (`DBL_DIG` of C). */
const EXACT_DIGITS = 15;

/**
 * Undefined when the text is not JSON. A number becomes text when JavaScript cannot hold it: when it has more than 15
 * significant digits, or is 1e21 or larger, or too small.
 */
export function parseJson(text: string): unknown {
  const parsed = parse(text);
  // The second parse is needed only for the few webhooks with such a number.
  const exact = parsed === undefined ? text : withNumbersAsText(text, (number) => !isExact(number));
  return exact === text ? parsed : parse(exact);
}

/** Undefined when the text is not JSON. Every number becomes text, digit for digit. */
export function parseJsonWithNumbersAsText(text: string): unknown {
  return parse(withNumbersAsText(text, () => true));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isExact(number: string): boolean {
  const [digits = ''] = number.replace(/^-/, '').split(/[eE]/);
  const significant = digits.replace('.', '').replace(/^0+/, '').replace(/0+$/, '');
  if (significant === '') return true;
  const size = Math.abs(Number(number));
  return significant.length <= EXACT_DIGITS && size < LARGEST && size >= SMALLEST;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const NUMBER_OR_STRING_START = /[-\d"]/g;
/** A number cannot be a name. Quotes around it would make it one. */
const NAME_END = /[ \t\r\n]*:/y;

/** Puts numbers in quotes. A loop, not a reviver: `JSON.parse` calls a reviver recursively, and an order may be nested deeply. */
function withNumbersAsText(text: string, isText: (number: string) => boolean): string {
  let result = '';
  let copiedTo = 0;
  for (let at = nextStart(text, 0); at !== -1; ) {
    if (text[at] === '"') {
      at = nextStart(text, endOfString(text, at + 1));
      continue;
    }
    const number = matchAt(NUMBER, text, at);
    const end = at + (number.length || 1);
    if (number !== '' && isText(number) && matchAt(NAME_END, text, end) === '') {
      result += `${text.slice(copiedTo, at)}"${number}"`;
      copiedTo = end;
    }
    at = nextStart(text, end);
  }
  return result + text.slice(copiedTo);
}

function nextStart(text: string, from: number): number {
  NUMBER_OR_STRING_START.lastIndex = from;
  return NUMBER_OR_STRING_START.exec(text)?.index ?? -1;
}

/** The position after the closing quote, or the text's end. */
function endOfString(text: string, from: number): number {
  for (let quote = text.indexOf('"', from); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

function matchAt(pattern: RegExp, text: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
}
