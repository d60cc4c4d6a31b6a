/** Webhooks as nobody sends them, in the form in which API Gateway hands them to the function. */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import fc from 'fast-check';
import { anyChar } from '../any-char.ts';

export const TOKEN = 'Zq7SecretTokenOfTheSource__________________';
/** In every name, address, mail and phone number that the webhooks hold: none of it may be written anywhere else. */
export const PERSONAL = 'Zq7Personal';

const PERSONS = [
  `Ada ${PERSONAL}`,
  `${PERSONAL} Street 221b, 8001 Zürich`,
  `${PERSONAL}@example.com`,
  `+41 44 ${PERSONAL} 55`,
];

export interface Webhook {
  readonly token: string;
  readonly rawQuery: string;
  readonly event: APIGatewayProxyEventV2;
}

/** Any code units at all, half surrogate pairs and control characters included. */
const anyText = fc.oneof(
  fc.string({ unit: anyChar, maxLength: 40 }),
  fc.string({
    unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
    maxLength: 20,
  }),
  fc.constantFrom(
    ...PERSONS,
    '__proto__',
    'constructor',
    '\0',
    '../../etc/passwd',
    "'; DROP TABLE orders; --",
  ),
);

const token = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(TOKEN, `${TOKEN}/`) },
  {
    weight: 3,
    arbitrary: fc.oneof(
      anyText,
      fc.constantFrom(
        TOKEN.toLowerCase(),
        `${TOKEN}//`,
        `/${TOKEN}`,
        ` ${TOKEN}`,
        `${TOKEN}\n`,
        `${TOKEN}%00`,
      ),
      fc.string({ unit: fc.constantFrom(...'abcXYZ019-_'), minLength: 43, maxLength: 43 }),
    ),
  },
);

const queryPart = fc.oneof(
  anyText,
  anyText.map((text) => `orderid=${encodeURIComponent(text.toWellFormed())}`),
  anyText.map((text) => `orderid=${text}`),
  fc.constantFrom(
    'orderid=',
    'orderid',
    'ORDERID=7',
    '%6frderid=7',
    'orderid=%',
    'orderid=%ff%fe',
    '?orderid=7',
  ),
  fc.constantFrom(
    'orderid=nice:7',
    'orderid=sha256:7',
    'orderid=a/b',
    'orderid=%00',
    '__proto__=7',
    '=',
    '&&',
  ),
  fc.integer({ min: 1_000, max: 12_000 }).map((length) => `orderid=${'x'.repeat(length)}`),
);
const rawQuery = fc.array(queryPart, { maxLength: 3 }).map((parts) => parts.join('&'));

const contentType = fc.oneof(
  fc.constantFrom('application/json', 'text/plain; charset=utf-16', '', 'application/json, application/json'),
  anyText,
);
const headers = fc
  .tuple(
    fc.dictionary(fc.oneof(anyText, fc.constantFrom('x-forwarded-for', 'content-length')), anyText, {
      maxKeys: 3,
    }),
    fc.option(contentType, { nil: undefined }),
  )
  .map(([others, type]) => ({ ...others, ...(type !== undefined && { 'content-type': type }) }));

/** Texts of JSON values, not values: keys may come twice, numbers be beyond all bounds. */
const hostileJson = fc.oneof(
  fc.json({ maxDepth: 3 }),
  anyText.map((text) => JSON.stringify(text)),
  fc.constantFrom(
    'null',
    '-0',
    '1e999',
    '1E-999',
    '123456789012345678901234567890',
    'true',
    '"\\ud800"',
    '{}',
  ),
  fc.constantFrom('{"__proto__":{"Id":"7"}}', '[[]]', '{"toString":1}', '""', '"\\u0000"'),
  fc.integer({ min: 1, max: 100 }).map((depth) => `${'{"a":['.repeat(depth)}1${']}'.repeat(depth)}`),
);
const deepJson = fc.oneof(
  fc.integer({ min: 1, max: 100_000 }).map((depth) => '['.repeat(depth)),
  fc.integer({ min: 1, max: 20_000 }).map((depth) => `{"Items":${'['.repeat(depth)}${']'.repeat(depth)}}`),
);
const FIELDS = ['Id', 'NiceId', 'Items', 'Sku', 'Product', 'Status', 'TrackingNumber', '__proto__', 'ShipTo'];
const members = (value: fc.Arbitrary<string>, maxLength: number) =>
  fc
    .array(fc.tuple(fc.constantFrom(...FIELDS), value), { maxLength })
    .map((entries) => entries.map(([name, text]) => `"${name}":${text}`));
const object = (value: fc.Arbitrary<string>, maxLength: number) =>
  members(value, maxLength).map((texts) => `{${texts.join(',')}}`);
const items = fc.oneof(
  fc.array(fc.oneof(object(hostileJson, 6), hostileJson), { maxLength: 4 }),
  fc.tuple(object(hostileJson, 4), fc.nat(300)).map(([one, count]) => Array<string>(count).fill(one)),
);
const order = fc.tuple(anyText, items, members(hostileJson, 5)).map(([id, list, others]) => {
  const known = [`"Id":${JSON.stringify(id)}`, `"ShipTo":${JSON.stringify(PERSONS)}`, `"Items":[${list}]`];
  return `{${[...known, ...others].join(',')}}`;
});

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
  fc
    .constantFrom('ff', 'c080', 'eda080', 'efbbbf7b7d', 'fffe7b007d00', 'f4908080')
    .map((hex) => Buffer.from(hex, 'hex')),
  order.map((text) => Buffer.from(text)),
);
const body = fc.oneof(
  { weight: 10, arbitrary: order.map((text) => ({ body: text, isBase64Encoded: false })) },
  { weight: 1, arbitrary: deepJson.map((text) => ({ body: text, isBase64Encoded: false })) },
  { weight: 4, arbitrary: hostileJson.map((text) => ({ body: text, isBase64Encoded: false })) },
  { weight: 4, arbitrary: anyText.map((text) => ({ body: text, isBase64Encoded: false })) },
  { weight: 6, arbitrary: bytes.map((raw) => ({ body: raw.toString('base64'), isBase64Encoded: true })) },
  { weight: 2, arbitrary: anyText.map((text) => ({ body: text, isBase64Encoded: true })) },
  { weight: 2, arbitrary: fc.constantFrom({ isBase64Encoded: false }, { body: '', isBase64Encoded: true }) },
);

export const webhook: fc.Arbitrary<Webhook> = fc
  .tuple(
    token,
    rawQuery,
    headers,
    body,
    fc.constantFrom('POST', 'POST', 'POST', 'PUT', 'PATCH', 'GET', 'HEAD', 'OPTIONS'),
    anyText,
  )
  .map(([theToken, query, theHeaders, theBody, method, text]) => ({
    token: theToken,
    rawQuery: query,
    event: anEvent({ token: theToken, query, headers: theHeaders, body: theBody, method, text }),
  }));

interface Parts {
  readonly token: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: { readonly body?: string; readonly isBase64Encoded: boolean };
  readonly method: string;
  readonly text: string;
}

/** Only token, method, query, content type and body are read. The rest may contain anything. */
function anEvent({ token: theToken, query, headers: theHeaders, body: theBody, method, text }: Parts) {
  const rawPath = `/webhooks/${theToken}`;
  return {
    version: '2.0',
    routeKey: 'ANY /webhooks/{token+}',
    rawPath,
    rawQueryString: query,
    cookies: [`name=${PERSONAL}`],
    headers: theHeaders,
    queryStringParameters: { orderid: text },
    pathParameters: { token: theToken },
    requestContext: {
      accountId: '123456789012',
      apiId: 'an-api',
      domainName: 'an-api.execute-api.eu-central-1.amazonaws.com',
      domainPrefix: 'an-api',
      http: { method, path: rawPath, protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: text },
      requestId: 'a-request',
      routeKey: 'ANY /webhooks/{token+}',
      stage: '$default',
      time: '12/Mar/2026:19:03:58 +0000',
      timeEpoch: 1_773_342_238_000,
    },
    ...theBody,
  };
}
