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
  const exact = parsed === undefined ? text : withNumbersAsText(text, SUSPECT, (number) => !isExact(number));
  // Stryker disable next-line ConditionalExpression: a second parse of the same text gives the same
  return exact === text ? parsed : parse(exact);
}

/** Undefined when the text is not JSON. Every number that is a member of an object becomes text, digit for digit. */
export function parseJsonWithNumbersAsText(text: string): unknown {
  return parse(withNumbersAsText(text, MEMBER, () => true));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON.
  }
  return undefined;
}

function isExact(number: string): boolean {
  // Stryker disable next-line StringLiteral,Regex: every number has digits, and the sign of an exponent is cut off with it
  const [digits = ''] = number.replace(/^-/, '').split(/[eE]/);
  const significant = digits.replace('.', '').replace(/^0+/, '').replace(/0+$/, '');
  if (significant === '') return true;
  const size = Math.abs(Number(number));
  // Stryker disable next-line EqualityOperator: the smallest number has more digits
  return significant.length <= EXACT_DIGITS && size < LARGEST && size >= SMALLEST;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/**
 * Each pattern finds a quote, or the place before a number. Patterns skip most numbers of a large webhook, because a step of
 * the loop takes far longer than JSON.parse.
 */
const MEMBER = /"|:[ \t\r\n]*(?=[-\d])/g;
/** A number with more than 15 digits, or with an exponent. */
const SUSPECT = /"|(?=-?\d[\d.]{15}|-?\d[\d.]*[eE])/g;

/** Puts numbers in quotes. A loop, not a reviver: `JSON.parse` calls a reviver recursively, and an order may be nested deeply. */
function withNumbersAsText(text: string, pattern: RegExp, isText: (number: string) => boolean): string {
  const parts: string[] = [];
  let copiedTo = 0;
  pattern.lastIndex = 0;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    const at = pattern.lastIndex;
    if (found[0] === '"') {
      pattern.lastIndex = endOfString(text, at);
      continue;
    }
    const number = matchAt(NUMBER, text, at);
    const end = at + (number.length || 1);
    if (number !== '' && isText(number)) {
      parts.push(text.slice(copiedTo, at), `"${number}"`);
      copiedTo = end;
    }
    pattern.lastIndex = end;
  }
  // Stryker disable next-line ConditionalExpression: without a number, the rest of the text is the text
  return copiedTo === 0 ? text : [...parts, text.slice(copiedTo)].join('');
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
