/** The secrets that fan-out and deliver may read, as the deployer configured them. */
import type { StackConfig } from './config.ts';

export interface ReadableSecret {
  readonly action: 'ssm:GetParameter' | 'secretsmanager:GetSecretValue';
  readonly service: 'ssm' | 'secretsmanager';
  /** The last part of its ARN. A `*` at the end matches every suffix. */
  readonly resource: string;
}

/**
 * Parameter Store reads a secret of Secrets Manager. The caller needs permission for the parameter
 * `/aws/reference/secretsmanager/<name>` and for the secret itself:
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html
 */
export function readableSecrets({
  secretParameters,
  secretsManagerSecrets,
}: Pick<StackConfig, 'secretParameters' | 'secretsManagerSecrets'>): ReadableSecret[] {
  const secrets = namesIn(secretsManagerSecrets);
  const standIns = secrets.map((name) => `/aws/reference/secretsmanager/${name}`);
  return [
    ...[...namesIn(secretParameters), ...standIns].map(parameter),
    ...secrets.map((name) => secret(name)),
  ];
}

function namesIn(list: string): string[] {
  return list.split(',').filter(Boolean);
}

function parameter(name: string): ReadableSecret {
  return { action: 'ssm:GetParameter', service: 'ssm', resource: `parameter${name}` };
}

/** A secret's ARN ends in a hyphen and six random characters. */
function secret(name: string): ReadableSecret {
  const resource = `secret:${name.endsWith('*') ? name : `${name}-??????`}`;
  return { action: 'secretsmanager:GetSecretValue', service: 'secretsmanager', resource };
}
