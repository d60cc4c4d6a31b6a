/** Validates an endpoint's expressions before they are written. */
import type { ExprNode } from 'jsonata';
import type { Endpoint } from '../../relay/endpoint/endpoint.ts';
import { type InputIssue, InvalidInputError } from '../errors.ts';
import type { GivenAttributes } from './endpoints.ts';

const ATTRIBUTES = ['filter', 'transform', 'success'] as const;
type ExpressionAttribute = (typeof ATTRIBUTES)[number];

/** Google Apps Script runs a web app, and then redirects to its output. */
const REDIRECTING_HOSTS = ['script.google.com'];

/** @throws InvalidInputError with the syntax error and its position */
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
    const where = typeof position === 'number' ? ` at ${positionText(text, position)}` : '';
    return { attribute, problem: `is not valid JSONata: ${message ?? 'it cannot be parsed'}${where}` };
  }
}

/** `line 2, character 7`, as editors count. */
function positionText(text: string, position: number): string {
  const lines = text.slice(0, position).split('\n');
  const character = `character ${Math.max(1, lines.at(-1)?.length ?? 1)}`;
  return text.includes('\n') ? `line ${lines.length}, ${character}` : character;
}

/** Warns about settings that are valid but probably not intended. */
export async function endpointWarnings(endpoint: Endpoint): Promise<string[]> {
  const { id, url, ordering, success } = endpoint;
  const warnings: string[] = [];
  for (const attribute of ['filter', 'transform'] as const) {
    const text = endpoint[attribute];
    if (text === undefined || ordering !== 'latest' || !(await readsChanges(text))) continue;
    warnings.push(
      `the ${attribute} of ${id} reads changes, but the ordering latest never sends the changes of a superseded event: the ordering none or strict sends all`,
    );
  }
  if (success === undefined && REDIRECTING_HOSTS.includes(new URL(url).hostname))
    warnings.push(
      `${new URL(url).hostname} answers 302 after it has acted, and the relay retries after a 302, so the endpoint would act again: --success 'status in [200, 302]' counts it as delivered`,
    );
  return warnings;
}

/** True when the expression reads a field named `changes`. False when it does not parse. */
async function readsChanges(text: string): Promise<boolean> {
  try {
    return hasName(await parse(text), 'changes');
  } catch {
    // It was written without this check. The functions log the error.
    return false;
  }
}

function hasName(node: unknown, name: string): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if (Reflect.get(node, 'type') === 'name' && Reflect.get(node, 'value') === name) return true;
  return Object.values(node).some((part) => hasName(part, name));
}

/** Imported only by commands that write an expression, because the import is slow. */
async function parse(text: string): Promise<ExprNode> {
  const { default: jsonata } = await import('jsonata');
  return jsonata(text).ast();
}
