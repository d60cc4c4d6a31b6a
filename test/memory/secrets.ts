/** The Secrets port in memory: a value for each parameter that a test has put there. */
import { SecretError, type Secrets } from '../../lib/relay/ports.ts';

export class MemorySecrets implements Secrets {
  readonly values = new Map<string, string>();
  /** Every parameter that was asked for, in order. */
  readonly asked: string[] = [];

  async read(parameter: string): Promise<string> {
    this.asked.push(parameter);
    const value = this.values.get(parameter);
    if (value === undefined) throw new SecretError('ParameterNotFound');
    if (value === '') throw new SecretError('it is empty');
    return value;
  }
}
