/** The options for client certificates and for endpoints with an authority of their own. */
import type { Command } from 'commander';
import { z } from 'zod';
import { describeCertificate } from '../../relay/endpoint/pem.ts';
import { isReference } from '../../relay/endpoint/secret.ts';
import type { GivenAttributes } from '../endpoints/endpoints.ts';
import type { MaskedEndpoint } from '../endpoints/masked-endpoint.ts';
import { timeText } from './times.ts';

const text = z.string().exactOptional();
export const tlsOptionsSchema = z.object({ clientCertificate: text, clientKey: text, caCertificate: text });

export function addTlsOptions(command: Command): Command {
  return command
    .option(
      '--client-certificate <pem>',
      'authenticate the relay to the server (mutual TLS) with this certificate and --client-key; a chain begins with the relay’s own certificate',
    )
    .option('--client-key <secret>', 'set the private key of --client-certificate, without a password')
    .option(
      '--ca-certificate <pem>',
      'accept only servers whose certificate is from this authority (default: the public authorities)',
    );
}

/** @throws InvalidInputError when a file cannot be read */
export async function readTlsOptions(
  given: z.output<typeof tlsOptionsSchema>,
  read: (attribute: string, typed: string) => Promise<string>,
): Promise<GivenAttributes> {
  const attributes = new Map<string, string>();
  for (const [name, typed] of Object.entries(given)) attributes.set(name, await read(name, typed));
  return Object.fromEntries(attributes);
}

/** A certificate as its subject and its end, the key masked. */
export function tlsRows({ clientCertificate, clientKey, caCertificate }: MaskedEndpoint): string[][] {
  return [
    ...certificateRow('client-certificate', clientCertificate),
    ...(clientKey === undefined ? [] : [['client-key', clientKey]]),
    ...certificateRow('ca-certificate', caCertificate),
  ];
}

function certificateRow(name: string, certificate: string | undefined): string[][] {
  if (certificate === undefined) return [];
  if (isReference(certificate)) return [[name, certificate]];
  const described = describeCertificate(certificate);
  return described === undefined
    ? []
    : [[name, `${described.subject} (until ${timeText(described.validUntil)})`]];
}
