/** Indents JSON without parsing its values: long numbers, repeated names and escapes stay as the sender wrote them. */

/** A text, a bracket or separator, or a run of other characters. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const INDENT = '  ';

/** Undefined when the text is not JSON. */
export function indentedJson(text: string): string | undefined {
  if (!isJson(text)) return undefined;
  const tokens = text.match(TOKEN) ?? [];
  let depth = 0;
  let result = '';
  tokens.forEach((token, index) => {
    const isEmpty = '{['.includes(tokens[index - 1] ?? ' ') && '}]'.includes(token);
    if ('}]'.includes(token)) depth -= 1;
    if ('}]'.includes(token) && !isEmpty) result += lineAt(depth);
    result += token === ':' ? ': ' : token;
    if ('{['.includes(token)) depth += 1;
    const isClosedNext = '}]'.includes(tokens[index + 1] ?? ' ');
    if (token === ',' || ('{['.includes(token) && !isClosedNext)) result += lineAt(depth);
  });
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
