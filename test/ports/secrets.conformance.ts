/** The contract of the Secrets port. */
import { describe, expect, it } from 'vitest';
import { SecretError, type Secrets } from '../../lib/relay/ports/outgoing.ts';

export interface SecretsSubject {
  readonly secrets: Secrets;
}

/** @param make holds the parameters given, by name */
export function describeSecrets(
  title: string,
  make: (parameters: Readonly<Record<string, string>>) => Promise<SecretsSubject>,
): void {
  describe(title, () => {
    it('reads a value, whatever characters are in it', async () => {
      const value = 'Zürich 🧵\r\n"\\ {"a":1} ';
      const { secrets } = await make({ '/relay/erp': value, '/relay/other': 'other' });

      expect(await secrets.read({ scheme: 'ssm', name: '/relay/erp' }, 5_000)).toBe(value);
    });

    it('says of a parameter that is not there that it is not found', async () => {
      const { secrets } = await make({ '/relay/erp': 'hush' });

      await expect(secrets.read({ scheme: 'ssm', name: '/relay/none' }, 5_000)).rejects.toThrow(
        new SecretError('ParameterNotFound'),
      );
    });

    it('takes an empty value for none', async () => {
      const { secrets } = await make({ '/relay/erp': '' });

      await expect(secrets.read({ scheme: 'ssm', name: '/relay/erp' }, 5_000)).rejects.toThrow(
        new SecretError('it is empty'),
      );
    });

    it('reads it anew each time', async () => {
      const parameters: Record<string, string> = { '/relay/erp': 'old' };
      const { secrets } = await make(parameters);
      await secrets.read({ scheme: 'ssm', name: '/relay/erp' }, 5_000);
      parameters['/relay/erp'] = 'new';

      expect(await secrets.read({ scheme: 'ssm', name: '/relay/erp' }, 5_000)).toBe('new');
    });
  });
}
