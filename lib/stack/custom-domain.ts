/** A domain of the deployer's own for the webhook address, which then survives a new API. */
import { DomainName } from 'aws-cdk-lib/aws-apigatewayv2';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import { ARecord, HostedZone, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import type { Construct } from 'constructs';
import type { StackConfig } from './config.ts';
import { setLogicalId } from './logical-id.ts';

/**
 * Adds the domain to API Gateway, and its records to the hosted zone if one is given. Without a hosted zone, the
 * deployer adds a CNAME record to the output `WebhookDomainTarget`.
 *
 * @returns undefined when no domain is configured
 */
export function customDomain(
  scope: Construct,
  {
    domainName,
    certificateArn,
    hostedZoneId,
  }: Pick<StackConfig, 'domainName' | 'certificateArn' | 'hostedZoneId'>,
): DomainName | undefined {
  if (domainName === '') return undefined;
  const domain = new DomainName(scope, 'Domain', {
    domainName,
    certificate: Certificate.fromCertificateArn(scope, 'Certificate', certificateArn),
  });
  setLogicalId(domain, 'WebhookDomain');
  if (hostedZoneId !== '') {
    const zone = HostedZone.fromHostedZoneAttributes(scope, 'Zone', { hostedZoneId, zoneName: domainName });
    const target = RecordTarget.fromAlias(
      new ApiGatewayv2DomainProperties(domain.regionalDomainName, domain.regionalHostedZoneId),
    );
    // An empty record name is the zone's own name, which is the domain.
    setLogicalId(new ARecord(scope, 'Ipv4', { zone, target }), 'WebhookDomainRecord');
  }
  return domain;
}
