/** Indents JSON without parsing its values: long numbers, repeated names and escapes stay as the sender wrote them. */

/** A text, a bracket or separator, or a run of other characters. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const INDENT = '  ';

/** The indentation of deeply nested JSON is far larger than the text. The rest of the text is left out. */
const MOST_CHARACTERS = 200_000;
/** Reading a longer text would keep webhooks waiting. */
const LONGEST_TEXT = 500_000;

/** Undefined when the text is not JSON, or is too long. */
export function indentedJson(text: string): string | undefined {
  if (text.length > LONGEST_TEXT || !isJson(text)) return undefined;
  let depth = 0;
  let previous = '';
  let result = '';
  for (const [token] of text.matchAll(TOKEN)) {
    if (result.length > MOST_CHARACTERS) break;
    const isClosing = '}]'.includes(token);
    const isAfterOpening = '{['.includes(previous || ' ');
    if (isClosing) depth -= 1;
    if (isClosing ? !isAfterOpening : isAfterOpening || previous === ',') result += lineAt(depth);
    result += token === ':' ? ': ' : token;
    if ('{['.includes(token)) depth += 1;
    previous = token;
  }
  return result;
}

const lineAt = (depth: number) => `\n${INDENT.repeat(depth)}`;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    // Shown as it is.
    return false;
  }
}
