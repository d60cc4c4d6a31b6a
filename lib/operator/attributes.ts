/** Validates a row's attributes against the schema of the functions. Its messages are for the person who typed them. */
import * as z from 'zod';
import { type InputIssue, InvalidInputError } from './errors.ts';

/**
 * Parses the row as the functions do, with defaults.
 *
 * @throws InvalidInputError that names every invalid attribute
 */
export function checkAttributes<Row>(
  schema: z.core.$ZodType<Row>,
  attributes: Readonly<Record<string, unknown>>,
): Row {
  const parsed = z.safeParse(schema, attributes, { error: messageOf });
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(parsed.error.issues.flatMap(toInputIssues));
}

/** The message for a rule without one in the schema. */
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${typeName(issue.expected)}`;
    case 'too_small':
      return `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    case 'invalid_value':
      return `must be ${choiceText(issue.values.map(String))}`;
    default:
      return undefined;
  }
}

function typeName(expected: string): string {
  switch (expected) {
    case 'int':
      return 'a whole number';
    case 'string':
      return 'text';
    default:
      return `${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`;
  }
}

function choiceText(choices: readonly string[]): string {
  return choices.length < 2 ? choices.join() : `${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`;
}

function toInputIssues(issue: z.core.$ZodIssue): InputIssue[] {
  // Indexes of lists are left out: nobody typed them.
  const path = issue.path.filter((part) => typeof part === 'string');
  if (issue.code === 'unrecognized_keys') {
    const problem =
      path.length === 0 ? 'is not an attribute of this row' : 'cannot be combined with the others';
    return issue.keys.map((key) => ({ attribute: [...path, key].join('.'), problem }));
  }
  return [{ attribute: path.join('.') || 'row', problem: issue.message }];
}
