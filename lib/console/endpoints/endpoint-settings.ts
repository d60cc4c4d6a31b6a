/** The settings of an endpoint, by the names that its form has. Secrets are masked. */
import { html } from 'hono/html';
import type { MaskedEndpoint } from '../../operator/endpoints/masked-endpoint.ts';
import type { Auth } from '../../relay/endpoint/auth.ts';
import { describeCertificate } from '../../relay/endpoint/pem.ts';
import { isReference } from '../../relay/endpoint/secret.ts';
import { printableLines } from '../../relay/model/printable.ts';
import type { Html } from '../console-env.ts';
import { exactTime } from '../layout/times.ts';
import { codeText, untrusted } from '../layout/untrusted.ts';

type Setting = readonly [name: string, value: Html | string];

export function settingList(endpoint: MaskedEndpoint): Html {
  const settings = [
    ...sending(endpoint),
    ...expressions(endpoint),
    ...credentials(endpoint),
    ...certificates(endpoint),
    ...times(endpoint),
  ];
  return html`<dl class="facts wide card">${settings.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function sending(endpoint: MaskedEndpoint): Setting[] {
  const { url, orderId, sources, ordering, rateLimitPerSecond, debounceSeconds } = endpoint;
  return [
    ['URL', codeText(url)],
    ['Order id', orderId === 'append' ? 'added to the URL' : 'not added to the URL'],
    ['Sources', sources === undefined ? 'all' : untrusted(sources.join(', ') || 'none')],
    ['Ordering', ordering],
    ['Timeout', `${endpoint.timeoutSeconds} s`],
    ['Attempts', `at most ${endpoint.maxAttempts}`],
    ['Rate limit', rateLimitPerSecond === undefined ? 'none' : `${rateLimitPerSecond} requests per second`],
    ...(debounceSeconds === undefined ? [] : [['Debounce', `${debounceSeconds} s`] as const]),
    ['Unchanged orders', endpoint.skipUnchanged ? 'skipped' : 'sent'],
    ['Notices', endpoint.notices ? 'sent' : 'not sent'],
  ];
}

function expressions({ filter, transform, success, contentType }: MaskedEndpoint): Setting[] {
  const all = { Filter: filter, Transform: transform, Success: success };
  return [
    ...Object.entries(all).flatMap(([name, text]): Setting[] =>
      text === undefined
        ? []
        : [[name, html`<pre tabindex="0" aria-label="${name}">${printableLines(text)}</pre>`]],
    ),
    ...(contentType === undefined ? [] : [['Content type', codeText(contentType)] as const]),
  ];
}

function credentials(endpoint: MaskedEndpoint): Setting[] {
  const { headers = {}, auth, signingSecret, previousSigningSecrets = [] } = endpoint;
  return [
    ...Object.entries(headers).map(([name, value]): Setting => ['Header', codeText(`${name}: ${value}`)]),
    ['Authentication', auth === undefined ? 'none' : authText(auth)],
    ['Signature', signingSecret === undefined ? 'none' : html`signed with ${codeText(signingSecret)}`],
    ...previousSigningSecrets.map(
      ({ secret, until }): Setting => [
        'Old signing secret',
        html`${codeText(secret)} until ${exactTime(until)}`,
      ],
    ),
  ];
}

function authText({ type, ...parts }: Auth): Html {
  const texts = Object.entries(parts).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'string') return [`${name} ${value}`];
    return typeof value === 'object' && value !== null ? [`${name} ${Object.keys(value).join(', ')}`] : [];
  });
  return html`${type} <span class="quiet">${untrusted(texts.join(' · '))}</span>`;
}

function certificates({ clientCertificate, clientKey, caCertificate }: MaskedEndpoint): Setting[] {
  return [
    ...certificate('Client certificate', clientCertificate),
    ...(clientKey === undefined ? [] : [['Client key', codeText(clientKey)] as const]),
    ...certificate('Authority', caCertificate),
  ];
}

function certificate(name: string, pem: string | undefined): Setting[] {
  if (pem === undefined) return [];
  if (isReference(pem)) return [[name, codeText(pem)]];
  const described = describeCertificate(pem);
  return described === undefined
    ? []
    : [[name, html`${untrusted(described.subject)} until ${exactTime(described.validUntil)}`]];
}

/** A person may have written any text into the row. */
function times({ createdAt, updatedAt }: MaskedEndpoint): Setting[] {
  return [
    ['Added', createdAt],
    ['Changed', updatedAt === createdAt ? undefined : updatedAt],
  ].flatMap(([name = '', text]): Setting[] => {
    const at = text === undefined ? undefined : new Date(text);
    return at === undefined || Number.isNaN(at.getTime()) ? [] : [[name, exactTime(at)]];
  });
}
