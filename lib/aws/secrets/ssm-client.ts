/** The SDK's client for SSM, apart from the others: few functions ever need it. */
import { SSMClient, type SSMClientConfig } from '@aws-sdk/client-ssm';
import { CLIENT_LIMITS } from '../client-limits.ts';

/** Region, credentials and endpoint come from the environment unless given. */
export function ssmClient(config: SSMClientConfig = {}): SSMClient {
  return new SSMClient({ ...CLIENT_LIMITS, ...config });
}
