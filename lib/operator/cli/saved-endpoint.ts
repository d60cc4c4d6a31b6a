/** Shows an endpoint after it was added or changed, and its generated secret once. */
import { endpointWarnings } from '../endpoints/expressions.ts';
import type { MaskedEndpoint } from '../endpoints/masked-endpoint.ts';
import { endpointJson, endpointText } from './endpoint-text.ts';
import type { Colours, Output } from './output.ts';

/**
 * @param result the result of the command: `is added.`
 * @param newSecret the generated signing secret. It is never shown again.
 */
export async function showSavedEndpoint(
  output: Output,
  endpoint: MaskedEndpoint,
  result: string,
  newSecret?: string,
): Promise<void> {
  output.show(
    { valid: endpoint },
    (one) => [endpointText(one, output.colours, result), ...secretText(newSecret, output.colours)].join('\n'),
    (one) => ({ ...endpointJson(one), ...(newSecret !== undefined && { signingSecret: newSecret }) }),
  );
  output.hint('The change takes effect within 10 s.');
  for (const warning of await endpointWarnings(endpoint)) output.warn(warning);
}

function secretText(secret: string | undefined, { cyan, dim }: Colours): string[] {
  if (secret === undefined) return [];
  return [
    'The relay signs its requests with this secret. The receiver verifies them with it:',
    '',
    `  ${cyan(secret)}`,
    '',
    dim('The secret is shown only now. docs/what-endpoints-receive.md describes the verification.'),
  ];
}
