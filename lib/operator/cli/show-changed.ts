/** Shows an endpoint that has just been added or changed, and a secret that was made for it, this once. */
import { warningsAbout } from '../endpoints/expressions.ts';
import type { MaskedEndpoint } from '../endpoints/masked-endpoint.ts';
import { endpointJson, endpointText } from './endpoint-text.ts';
import type { Colours, Output } from './output.ts';

/**
 * @param news what has just become of it: `is added.`
 * @param newSecret that its webhooks are signed with from now on, and that is never shown again
 */
export async function showChanged(
  output: Output,
  endpoint: MaskedEndpoint,
  news: string,
  newSecret?: string,
): Promise<void> {
  output.show(
    { valid: endpoint },
    (one) => [endpointText(one, output.colours, news), ...secretText(newSecret, output.colours)].join('\n'),
    (one) => ({ ...endpointJson(one), ...(newSecret !== undefined && { signingSecret: newSecret }) }),
  );
  output.hint('The relay goes by it within 10 s.');
  for (const warning of await warningsAbout(endpoint)) output.warn(warning);
}

function secretText(secret: string | undefined, { cyan, dim }: Colours): string[] {
  if (secret === undefined) return [];
  return [
    'What it gets is signed with this secret, by which its receiver verifies it:',
    '',
    `  ${cyan(secret)}`,
    '',
    dim('It is shown only now. docs/what-endpoints-receive.md says how to verify.'),
  ];
}
