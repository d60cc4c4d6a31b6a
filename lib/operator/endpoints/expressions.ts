/** What an operator is told of an expression before it is written into an endpoint's row. */
import type { ExprNode } from 'jsonata';
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { type InputIssue, InvalidInputError } from '../errors.ts';
import type { GivenAttributes } from './endpoints.ts';

const ATTRIBUTES = ['filter', 'transform'] as const;
type ExpressionAttribute = (typeof ATTRIBUTES)[number];

/** @throws InvalidInputError that says what is wrong with the syntax, and where */
export async function checkExpressions(attributes: GivenAttributes): Promise<void> {
  const issues = await Promise.all(ATTRIBUTES.map((attribute) => issueOf(attribute, attributes[attribute])));
  const found = issues.filter((issue) => issue !== undefined);
  if (found.length > 0) throw new InvalidInputError(found);
}

async function issueOf(attribute: ExpressionAttribute, text: unknown): Promise<InputIssue | undefined> {
  if (typeof text !== 'string') return undefined;
  try {
    await parse(text);
    return undefined;
  } catch (error) {
    const { message, position } = Object(error) as { message?: unknown; position?: unknown };
    const where = typeof position === 'number' ? ` at ${placeIn(text, position)}` : '';
    return { attribute, problem: `is no JSONata: ${message ?? 'it cannot be parsed'}${where}` };
  }
}

/** `line 2, character 7`, as editors count. */
function placeIn(text: string, position: number): string {
  const lines = text.slice(0, position).split('\n');
  const character = `character ${Math.max(1, lines.at(-1)?.length ?? 1)}`;
  return text.includes('\n') ? `line ${lines.length}, ${character}` : character;
}

/** What works, but hardly as it was meant. */
export async function warningsAbout(endpoint: Endpoint): Promise<string[]> {
  const { id, ordering, transform, contentType } = endpoint;
  const warnings: string[] = [];
  for (const attribute of ATTRIBUTES) {
    const text = endpoint[attribute];
    if (text === undefined || ordering !== 'latest' || !(await namesChanges(text))) continue;
    warnings.push(
      `the ${attribute} of ${id} looks at changes, and with the ordering latest a superseded event’s changes are never told: ordering none or strict tells all`,
    );
  }
  if (contentType !== undefined && transform === undefined)
    warnings.push(`${id} has a content type and no transform: what came is sent as what it came as`);
  return warnings;
}

/** True for one that reads a field of that name anywhere; one that does not parse reads nothing. */
async function namesChanges(text: string): Promise<boolean> {
  try {
    return hasName(await parse(text), 'changes');
  } catch {
    // Somebody has written it past this check; the functions tell of it.
    return false;
  }
}

function hasName(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (Reflect.get(node, 'type') === 'name' && Reflect.get(node, 'value') === name) return true;
  return Object.values(node).some((part) => hasName(part, name));
}

/** Loaded for those alone who write an expression. */
async function parse(text: string): Promise<ExprNode> {
  const { default: jsonata } = await import('jsonata');
  return jsonata(text).ast();
}
