/** Finds the first mistake in text that is not JSON. The messages of JSON.parse quote the text, and often lack a position. */

export interface JsonFault {
  /** Counted from 1, as editors count. */
  readonly line: number;
  readonly character: number;
  /** The character at the mistake; absent at the end of the text. */
  readonly found?: string;
}

const SPACE = /[ \t\r\n]*/y;
/** One token of RFC 8259: a mark, a text, a number or a word. */
const TOKEN =
  /[{}[\],:]|"(?:[^"\\\p{Cc}]|\x7f|[\x80-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

/** The kinds of token that are valid next. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end';

/** Undefined when the text is JSON. */
export function jsonFault(text: string): JsonFault | undefined {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  for (let at = 0; ; ) {
    at = endOfMatch(SPACE, text, at) ?? at;
    const isWhole: boolean = expected === ', or end' && open.length === 0;
    if (at === text.length) return isWhole ? undefined : faultAt(text, at);
    const end = endOfMatch(TOKEN, text, at);
    const token = end === undefined ? '' : text.slice(at, end);
    const next: Expected | undefined =
      end === undefined || isWhole ? undefined : after(token, expected, open);
    if (end === undefined || next === undefined) return faultAt(text, at);
    expected = next;
    at = end;
  }
}

/** The tokens that are valid after this one; undefined when this one is invalid. Opens and closes objects and lists. */
function after(token: string, expected: Expected, open: ('{' | '[')[]): Expected | undefined {
  const isIn = (kind: '{' | '[') => open.at(-1) === kind;
  switch (token) {
    case '{':
    case '[':
      if (expected !== 'value' && expected !== 'value or ]') return undefined;
      open.push(token);
      return token === '{' ? 'key or }' : 'value or ]';
    case '}':
      if (!(expected === 'key or }' || (expected === ', or end' && isIn('{')))) return undefined;
      open.pop();
      return ', or end';
    case ']':
      if (!(expected === 'value or ]' || (expected === ', or end' && isIn('[')))) return undefined;
      open.pop();
      return ', or end';
    case ',':
      if (expected !== ', or end') return undefined;
      return isIn('{') ? 'key' : 'value';
    case ':':
      return expected === ':' ? 'value' : undefined;
    default:
      if (expected === 'value' || expected === 'value or ]') return ', or end';
      return token.startsWith('"') && (expected === 'key' || expected === 'key or }') ? ':' : undefined;
  }
}

function endOfMatch(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function faultAt(text: string, at: number): JsonFault {
  const lines = text.slice(0, at).split('\n');
  const found = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return {
    line: lines.length,
    character: (lines.at(-1)?.length ?? 0) + 1,
    ...(at < text.length && { found }),
  };
}
