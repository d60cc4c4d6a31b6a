/** The Secrets port over SSM's Parameter Store, which also reads Secrets Manager. */
import { GetParameterCommand, SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';
import type { SecretReference } from '../../relay/endpoint/secret.ts';
import { SecretError, type Secrets } from '../../relay/ports/outgoing.ts';
import { CLIENT_LIMITS } from '../clients.ts';

export class SsmSecrets implements Secrets {
  readonly #client: SSMClient;

  constructor(client: SSMClient) {
    this.#client = client;
  }

  async read({ scheme, name }: SecretReference, timeoutMs: number): Promise<string> {
    if (scheme !== 'ssm') throw new SecretError('a deployed relay has only Parameter Store: use ssm:/name');
    const signal = AbortSignal.timeout(timeoutMs);
    const command = new GetParameterCommand({ Name: name, WithDecryption: true });
    try {
      const sent = this.#client.send(command, { abortSignal: signal });
      // The SDK checks the signal while it sends, but not while it waits before a retry.
      const { Parameter } = await Promise.race([sent, aborted(signal)]);
      if (!Parameter?.Value) throw new SecretError('it is empty');
      return Parameter.Value;
    } catch (error) {
      if (error instanceof SecretError) throw error;
      throw new SecretError(signal.aborted ? 'timeout' : nameOf(error));
    }
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

/** Such as `ParameterNotFound` or `AccessDeniedException`. The messages contain more than a log should. */
function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  return /^\w{1,64}$/.test(name) ? name : 'unknown error';
}

/** Region, credentials and endpoint come from the environment unless given. */
export function ssmClient(config: SSMClientConfig = {}): SSMClient {
  return new SSMClient({ ...CLIENT_LIMITS, ...config });
}
