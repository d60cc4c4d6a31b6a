import { describe, expect, it, vi } from 'vitest';
import { openOutgoing } from '../../../lib/aws/lambda/outgoing.ts';
import { MemoryClock } from '../../memory/clock.ts';
import { useStubService } from '../../node/http/stub-service.ts';

const start = useStubService();
const clock = new MemoryClock();

describe('what a function sends with', () => {
  it('reads secrets from SSM, wherever the environment says that this is', async () => {
    const { config, inputs } = await start(() => ({ body: { Parameter: { Value: 'hush' } } }));
    vi.stubEnv('AWS_ENDPOINT_URL_SSM', config.endpoint);
    vi.stubEnv('AWS_REGION', config.region);
    vi.stubEnv('AWS_ACCESS_KEY_ID', config.credentials.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', config.credentials.secretAccessKey);
    const { secretCache } = openOutgoing({
      clock,
      environment: { ALLOWED_CIDRS: [], PARAMETER_STORE: 'ssm' },
    });

    const secret = await secretCache.resolve('ssm:/relay/erp', clock.monotonicMs() + 20_000);
    vi.unstubAllEnvs();

    expect(secret).toBe('hush');
    expect(inputs).toEqual([{ Name: '/relay/erp', WithDecryption: true }]);
  });

  it('asks nobody where there is no Parameter Store', async () => {
    const { secretCache } = openOutgoing({
      clock,
      environment: { ALLOWED_CIDRS: [], PARAMETER_STORE: 'none' },
    });

    await expect(secretCache.resolve('ssm:/relay/erp', clock.monotonicMs() + 1_000)).rejects.toThrow(
      'secret ssm:/relay/erp could not be read: there is no Parameter Store here',
    );
  });
});
