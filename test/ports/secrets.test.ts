import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { SsmSecrets, ssmClient } from '../../lib/aws/secrets/ssm-secrets.ts';
import { SecretError } from '../../lib/relay/ports/outgoing.ts';
import { MemorySecrets } from '../memory/secrets.ts';
import { type Answer, useStubService } from '../node/http/stub-service.ts';
import { describeSecrets } from './secrets.conformance.ts';

describeSecrets('the secrets in memory', async (parameters) => ({ secrets: new MemorySecrets(parameters) }));

const start = useStubService();

const inputSchema = z.object({ Name: z.string(), WithDecryption: z.literal(true) });

describeSecrets('the secrets in SSM', async (parameters) => {
  const { config } = await start((input): Answer => {
    const { Name } = inputSchema.parse(input);
    const { [Name]: Value } = parameters;
    return Value === undefined ? failing('ParameterNotFound') : { body: { Parameter: { Name, Value } } };
  });
  return { secrets: new SsmSecrets(ssmClient(config)) };
});

const failing = (name: string, status = 400): Answer => ({
  status,
  body: { __type: name, message: 'arn:aws:ssm:… is not to be read by arn:aws:iam::…' },
});

const PARAMETER = { scheme: 'ssm', name: '/relay/erp' } as const;

describe('a secret in SSM', () => {
  it.each(['env', 'file'] as const)('cannot be one of a machine, by %s', async (scheme) => {
    const { config, inputs } = await start(() => failing('ParameterNotFound'));

    await expect(new SsmSecrets(ssmClient(config)).read({ scheme, name: '/a' }, 5_000)).rejects.toThrow(
      new SecretError('a deployed relay has only Parameter Store: use ssm:/name'),
    );
    expect(inputs).toEqual([]);
  });

  it('that must not be read says so by the name of the error alone', async () => {
    const { config } = await start(() => failing('AccessDeniedException'));

    await expect(new SsmSecrets(ssmClient(config)).read(PARAMETER, 5_000)).rejects.toThrow(
      new SecretError('AccessDeniedException'),
    );
  });

  it('is asked for again when SSM stumbles', async () => {
    const { config, inputs } = await start((_, count) =>
      count === 1 ? failing('InternalServerError', 500) : { body: { Parameter: { Value: 'hush' } } },
    );

    expect(await new SsmSecrets(ssmClient(config)).read(PARAMETER, 20_000)).toBe('hush');
    expect(inputs).toHaveLength(2);
  });

  it('that SSM keeps silent about is given up when the time is over', async () => {
    const { config } = await start(() => 'silence');

    await expect(new SsmSecrets(ssmClient(config)).read(PARAMETER, 200)).rejects.toThrow(
      new SecretError('timeout'),
    );
  });
});
