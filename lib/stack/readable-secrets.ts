/** What the functions that send may read where endpoints' rows refer to secrets: what the deployer has named. */
import type { StackConfig } from './config.ts';

export interface ReadableSecret {
  readonly action: 'ssm:GetParameter' | 'secretsmanager:GetSecretValue';
  readonly service: 'ssm' | 'secretsmanager';
  /** The last part of its ARN; a star at the end stands for all that begin so. */
  readonly resource: string;
}

/**
 * Parameter Store reads a secret of Secrets Manager for whoever may read both the parameter that stands for it and the
 * secret itself: https://docs.aws.amazon.com/systems-manager/latest/userguide/integration-ps-secretsmanager.html
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

/** A secret's ARN ends in a hyphen and six characters that Secrets Manager makes up. */
function secret(name: string): ReadableSecret {
  const resource = `secret:${name.endsWith('*') ? name : `${name}-??????`}`;
  return { action: 'secretsmanager:GetSecretValue', service: 'secretsmanager', resource };
}
