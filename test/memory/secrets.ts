/** The Secrets port in memory: a value for each parameter that a test has put there. */
import type { SecretReference } from '../../lib/relay/endpoint/secret.ts';
import { SecretError, type Secrets } from '../../lib/relay/ports/outgoing.ts';

export class MemorySecrets implements Secrets {
  /** By the parameters' names. */
  readonly values: Record<string, string>;
  /** Every parameter that was asked for, in order. */
  readonly asked: string[] = [];

  constructor(values: Record<string, string> = {}) {
    this.values = values;
  }

  async read({ name }: SecretReference, _timeoutMs = 0): Promise<string> {
    this.asked.push(name);
    const { [name]: value } = this.values;
    if (value === undefined) throw new SecretError('ParameterNotFound');
    if (value === '') throw new SecretError('it is empty');
    return value;
  }
}
