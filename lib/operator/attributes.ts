/** Checks a row's attributes by the schema that the functions read it with, in words for who typed them. */
import type { z } from 'zod';
import { type InputIssue, InvalidInputError } from './errors.ts';

/**
 * The row as the functions will see it, defaults filled in.
 *
 * @throws InvalidInputError that names every attribute that is wrong
 */
export function checkAttributes<Row>(
  schema: z.ZodType<Row>,
  attributes: Readonly<Record<string, unknown>>,
): Row {
  const parsed = schema.safeParse(attributes, { error: wordingOf });
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(parsed.error.issues.flatMap(toInputIssues));
}

/** For the rules to which the schema gives no words of its own. */
function wordingOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${nameOfType(issue.expected)}`;
    case 'too_small':
      return `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    case 'invalid_value':
      return `must be ${listOf(issue.values.map(String))}`;
    default:
      return undefined;
  }
}

function nameOfType(expected: string): string {
  switch (expected) {
    case 'int':
      return 'a whole number';
    case 'string':
      return 'text';
    default:
      return `${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`;
  }
}

function listOf(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join() : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}

function toInputIssues(issue: z.core.$ZodIssue): InputIssue[] {
  // Which of a list's texts is wrong, nobody has typed as a number.
  const path = issue.path.filter((part) => typeof part === 'string');
  if (issue.code === 'unrecognized_keys') {
    const problem = path.length === 0 ? 'is no attribute of such a row' : 'does not go with the others';
    return issue.keys.map((key) => ({ attribute: [...path, key].join('.'), problem }));
  }
  return [{ attribute: path.join('.') || 'row', problem: issue.message }];
}
