/** Finds the problems of an endpoint's form, by field. */
import type { Connection } from '../../../operator/connection.ts';
import { endpointIssues } from '../../../operator/endpoints/endpoint-issues.ts';
import type { GivenAttributes } from '../../../operator/endpoints/endpoints.ts';
import type { InputIssue } from '../../../operator/errors.ts';
import type { Problems } from '../../layout/form-field.ts';
import { attributesOf, type FormAttributes, withPreset } from './form-attributes.ts';
import type { FormFields } from './form-values.ts';

interface SubmittedForm {
  /** The id of the endpoint; absent for a new one, whose id is a field. */
  readonly id?: string;
  readonly fields: FormFields;
  readonly present: GivenAttributes;
}

export interface ParsedForm extends FormAttributes {
  readonly id: string;
  readonly problems: Problems;
}

export async function parseForm(
  connection: Pick<Connection, 'configTable' | 'configWriter'>,
  { id, fields, present }: SubmittedForm,
): Promise<ParsedForm> {
  const parsed = attributesOf(fields, present);
  const isNew = id === undefined;
  const attributes = isNew ? await withPreset(fields.preset, parsed.attributes) : parsed.attributes;
  const endpointId = id ?? fields.id?.trim() ?? '';
  const change = { id: endpointId, isNew, present, change: attributes };
  const issues = [
    ...(await endpointIssues(connection, change)),
    ...presetIssues(fields),
    ...sourceIssues(attributes, present),
  ];
  return { ...parsed, attributes, id: endpointId, problems: problemsOf(issues) };
}

function presetIssues({ preset = '', transform = '' }: FormFields): InputIssue[] {
  if (preset === '' || transform.trim() === '') return [];
  return [{ attribute: 'preset', problem: 'cannot be combined with a transform' }];
}

/** Without any source, an endpoint would receive nothing. A row that a person wrote so is left alone. */
function sourceIssues({ sources }: GivenAttributes, present: GivenAttributes): InputIssue[] {
  const isEmpty = (list: unknown) => Array.isArray(list) && list.length === 0;
  if (!isEmpty(sources) || isEmpty(present.sources)) return [];
  return [{ attribute: 'sources', problem: 'must have at least one marked' }];
}

/** The first problem of each field. */
function problemsOf(issues: readonly InputIssue[]): Problems {
  const problems = new Map<string, string>();
  for (const { attribute, problem } of issues) {
    const name = fieldOf(attribute);
    if (!problems.has(name)) problems.set(name, problem);
  }
  return Object.fromEntries(problems);
}

function fieldOf(attribute: string): string {
  if (attribute === 'headers') return 'header';
  if (attribute === 'auth.parameters') return 'parameter';
  if (attribute === 'previousSigningSecrets') return 'signingSecret';
  return attribute.replace('.', '-');
}

/** Fields whose problem can be the value of another one. */
const TOGETHER: readonly (readonly string[])[] = [
  ['ordering', 'debounceSeconds'],
  ['url', 'orderId'],
  ['header', 'auth', 'auth-name'],
  ['clientCertificate', 'clientKey'],
  ['preset', 'transform'],
  ['signing', 'signingSecret'],
];

/** The fields whose problems a change of this one can change. */
export function checkedTogether(name: string): string[] {
  return [...new Set([name, ...TOGETHER.filter((names) => names.includes(name)).flat()])];
}
