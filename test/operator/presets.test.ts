import fc from 'fast-check';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import {
  PRESET_NAMES,
  type Preset,
  presetAttributes,
  presetDefaults,
  presetText,
} from '../../lib/operator/endpoints/presets.ts';
import { endpointSchema } from '../../lib/relay/endpoint/endpoint.ts';
import type { ExpressionInput } from '../../lib/relay/model/expression-input.ts';
import type { Change } from '../../lib/relay/model/item-changes.ts';

/** The limits of lib/node/expressions/expression-thread.ts. */
const BOUNDS = { stack: 20_000, sequence: 100_000 };

const ADDRESS = { FirstName: 'Zoë', LastName: 'Müller', Line1: '12 Long Lane', Email: 'zoe@example.com' };
const ITEMS = [
  {
    Sku: 'Mug-11oz-White',
    Product: 'Mug, 11 oz, white',
    Status: 'Shipped',
    TrackingNumber: '1Z999AA10123456784',
    TrackingUrl: 'https://track.example/?a=1&n=1Z999AA10123456784',
  },
  { Sku: 'Poster-18x24', Product: 'Poster, 18 × 24 in', Status: 'Printing', TrackingUrl: '' },
  { Sku: 'Shirt-M', Product: 'Shirt, M', Status: 'New' },
];
const CHANGES: Change[] = [
  {
    change: 'changed',
    sku: 'Mug-11oz-White',
    statusFrom: 'InProduction',
    statusTo: 'Shipped',
    trackingNumberTo: '1Z999AA10123456784',
  },
  { change: 'changed', sku: 'Poster-18x24', statusFrom: 'InProduction', statusTo: 'Printing' },
];

interface Parts {
  readonly event?: Partial<ExpressionInput['event']>;
  readonly order?: unknown;
  readonly changes?: readonly Change[];
  readonly notice?: unknown;
}

function anInput({ event, ...rest }: Parts = {}): ExpressionInput {
  const receivedAt = '2026-03-01T12:00:00.000Z';
  return {
    event: { id: 'evt_1', orderId: '7-501', niceId: 'Magic7-501', source: 'main', receivedAt, ...event },
    changes: CHANGES,
    order: {
      Id: '7-501',
      NiceId: 'Magic7-501',
      Items: ITEMS,
      ShippingAddress: ADDRESS,
      BillingAddress: ADDRESS,
    },
    ...rest,
  };
}

async function made(preset: Preset, parts?: Parts): Promise<unknown> {
  const expression = jsonata(await presetText(preset), BOUNDS);
  const value: unknown = JSON.parse(JSON.stringify(await expression.evaluate(anInput(parts))));
  return value;
}

const textOf = async (preset: Preset, parts?: Parts) => JSON.stringify(await made(preset, parts));
const CHATS = ['slack', 'teams', 'discord', 'google-chat'] as const;

const literal = (text: string, more: object = {}) => ({ type: 'text', text, ...more });
const slackOf = (text: string, ...elements: object[]) => ({
  text,
  blocks: [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }],
  unfurl_links: false,
  unfurl_media: false,
});
const slack = (...elements: object[]) =>
  slackOf('Order Magic7-501', literal('Order Magic7-501', { style: { bold: true } }), ...elements);
const googleChat = (text: string) => ({ text });
const discord = (description: string) => ({ embeds: [{ description }], allowed_mentions: { parse: [] } });
const run = (text: string, more: object = {}) => ({ type: 'TextRun', text, ...more });
const block = (...inlines: object[]) => ({ type: 'RichTextBlock', inlines });
const teams = (...body: object[]) => teamsWith({}, ...body);
const teamsWith = (actions: object, ...body: object[]) => ({
  type: 'message',
  attachments: [
    {
      contentType: 'application/vnd.microsoft.card.adaptive',
      content: {
        $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
        type: 'AdaptiveCard',
        version: '1.4',
        body,
        ...actions,
      },
    },
  ],
});
const URL_OF_PARCEL = 'https://track.example/?a=1&n=1Z999AA10123456784';

describe('a preset', () => {
  it.each<[Preset, unknown]>([
    [
      'slack',
      slack(
        literal('\n• Mug, 11 oz, white: InProduction → Shipped'),
        literal(', '),
        { type: 'link', url: URL_OF_PARCEL, text: '1Z999AA10123456784' },
        literal('\n• Poster, 18 × 24 in: InProduction → Printing'),
      ),
    ],
    [
      'teams',
      teamsWith(
        { actions: [{ type: 'Action.OpenUrl', title: 'Track 1Z999AA10123456784', url: URL_OF_PARCEL }] },
        block(run('Order Magic7-501', { weight: 'Bolder' })),
        block(run('Mug, 11 oz, white: InProduction → Shipped, 1Z999AA10123456784')),
        block(run('Poster, 18 × 24 in: InProduction → Printing')),
      ),
    ],
    [
      'discord',
      discord(
        '**Order Magic7\\-501**\n' +
          `• Mug, 11 oz, white: InProduction → Shipped, [1Z999AA10123456784](${URL_OF_PARCEL})\n` +
          '• Poster, 18 × 24 in: InProduction → Printing',
      ),
    ],
    [
      'google-chat',
      googleChat(
        '*Order Magic7-501*\n' +
          `• Mug, 11 oz, white: InProduction → Shipped, <${URL_OF_PARCEL}|1Z999AA10123456784>\n` +
          '• Poster, 18 × 24 in: InProduction → Printing',
      ),
    ],
    [
      'changes',
      {
        event: 'evt_1',
        orderId: '7-501',
        niceId: 'Magic7-501',
        receivedAt: '2026-03-01T12:00:00.000Z',
        changes: CHANGES,
      },
    ],
  ])('%s tells what changed, and nothing else', async (preset, message) => {
    expect(await made(preset)).toEqual(message);
  });

  it.each(PRESET_NAMES)('%s names nobody', async (preset) => {
    const text = await textOf(preset);

    for (const part of Object.values(ADDRESS)) expect(text).not.toContain(part);
    expect(text).not.toContain('Shirt');
  });

  it.each<[Preset, unknown]>([
    ['slack', slack(literal('\nNothing changed.'))],
    ['google-chat', googleChat('*Order Magic7-501*\nNothing changed.')],
    ['teams', teams(block(run('Order Magic7-501', { weight: 'Bolder' })), block(run('Nothing changed.')))],
    ['discord', discord('**Order Magic7\\-501**\nNothing changed.')],
  ])('%s says so when nothing changed', async (preset, message) => {
    expect(await made(preset, { changes: [] })).toEqual(message);
  });

  it.each<[Preset, unknown]>([
    ['slack', slackOf('Test: erp is &lt;down&gt;', literal('Test: erp is <down>'))],
    ['google-chat', googleChat('Test: erp is ＜down＞')],
    ['teams', teams(block(run('Test: erp is <down>')))],
    ['discord', discord('Test: erp is \\<down\\>')],
    [
      'changes',
      {
        event: 'evt_1',
        receivedAt: '2026-03-01T12:00:00.000Z',
        test: true,
        notice: {
          type: 'endpoint.down',
          timestamp: 'x',
          data: { endpoint: 'erp', message: 'erp is <down>' },
        },
        changes: [],
      },
    ],
  ])('%s tells a notice of the relay, and of a test that it is one', async (preset, message) => {
    const data = { endpoint: 'erp', message: 'erp is <down>' };
    const input = {
      event: { id: 'evt_1', source: 'relay', receivedAt: '2026-03-01T12:00:00.000Z', test: true },
      notice: { type: 'endpoint.down', timestamp: 'x', data },
      changes: [],
    };
    const evaluated: unknown = await jsonata(await presetText(preset)).evaluate(input);

    expect(JSON.parse(JSON.stringify(evaluated))).toEqual(message);
  });

  it.each(CHATS)('%s says so when the webhook is not an order', async (preset) => {
    const event = { notAnOrder: true };

    expect(await textOf(preset, { event, order: 'a text', changes: [] })).toContain('Not an order.');
    expect(await textOf(preset, { event, order: undefined, changes: [] })).toContain('Not an order.');
  });

  it.each(CHATS)('%s says so when an order has too many items to compare', async (preset) => {
    const text = await textOf(preset, { event: { changesNote: 'items-cut' }, changes: [] });

    expect(text).toContain('Too many items to compare.');
    expect(text).not.toContain('Nothing changed');
  });

  it.each(CHATS)('%s counts the changes that the relay left out, too', async (preset) => {
    expect(await textOf(preset, { event: { changesOmitted: 40 } })).toContain('… and 40 more');
  });

  it.each(CHATS)('%s links to the tracking of an item’s shipments', async (preset) => {
    const Shipments = ['1Z1', '1Z2'].map((TrackingNumber) => ({
      TrackingNumber,
      TrackingUrl: `https://t.example/${TrackingNumber}`,
    }));
    const order = { Items: [{ Sku: 'a', Shipments }] };
    const changes: Change[] = [{ change: 'changed', sku: 'a', trackingNumberTo: '1Z1, 1Z2' }];
    const text = await textOf(preset, { order, changes });

    for (const { TrackingUrl } of Shipments) expect(text).toContain(TrackingUrl);
  });

  it.each<[Preset, string]>([
    ['slack', '• Mug: New → removed'],
    ['slack', '• Hat: added'],
    ['slack', '• Cap: New'],
    ['slack', '• an item: tracking number removed'],
    ['discord', '• Hat: added'],
    ['google-chat', '• Hat: added'],
    ['discord', '• an item: tracking number removed'],
    ['teams', 'Mug: New → removed'],
    ['teams', 'an item: tracking number removed'],
  ])('%s has a word for every kind of change: %s', async (preset, line) => {
    const changes: Change[] = [
      { change: 'removed', sku: 'Mug', statusFrom: 'New' },
      { change: 'added', sku: 'Hat' },
      { change: 'added', sku: 'Cap', statusTo: 'New' },
      { change: 'changed', trackingNumberFrom: '1' },
    ];

    expect(await textOf(preset, { changes })).toContain(line);
  });
});

const HOSTILE = [
  '\n# heading',
  '\r\n- list',
  '<users/all>',
  '<!here> <@U1>',
  'https://evil.example',
  'www.evil.example',
  '{{DATE(2026)}}',
  '<script>',
  '*bold*',
  '@everyone',
  '</a|b>',
  '<!channel>',
  '[x](http://evil)',
  '`_~|\\',
];

describe('what a stranger typed', () => {
  const changes: Change[] = HOSTILE.map((name) => ({
    change: 'changed',
    sku: name,
    statusFrom: name,
    statusTo: name,
    trackingNumberTo: name,
  }));
  const Items = HOSTILE.map((name) => ({
    Sku: name,
    Product: name,
    TrackingNumber: name,
    TrackingUrl: `javascript:${name}`,
  }));
  const parts = { event: { niceId: HOSTILE.join(' ') }, order: { Items }, changes };

  it('is literal text in Slack, and escaped in the notification', async () => {
    const { text, blocks } = (await made('slack', parts)) as ReturnType<typeof slack>;
    const elements = blocks.flatMap((one) => one.elements).flatMap((one) => one.elements);

    expect(text).not.toMatch(/[<>]/);
    expect(text.replaceAll(/&(amp|lt|gt);/g, '')).not.toContain('&');
    expect(elements.length).toBeGreaterThan(HOSTILE.length);
    for (const element of elements)
      expect(element).toMatchObject({ type: 'text', text: expect.stringMatching(/./) });
    expect(JSON.stringify(blocks)).not.toContain('mrkdwn');
  });

  it('makes no element of Slack’s that is a list', async () => {
    const one = { change: 'changed', sku: 'a', statusTo: 'b', trackingNumberTo: '1, 2, 3' } as const;
    const [, two] = CHANGES;

    for (const some of [[one], [one, one], [one, ...(two ? [two] : [])]]) {
      const { blocks } = (await made('slack', { changes: some })) as ReturnType<typeof slack>;
      for (const element of blocks.flatMap((block) => block.elements).flatMap((all) => all.elements))
        expect(element).toMatchObject({ type: 'text' });
    }
  });

  it('is shown as it is in Teams, which takes no markup in text runs', async () => {
    const text = await textOf('teams', parts);

    expect(text).not.toContain('Action.OpenUrl');
    expect(text).not.toContain('"TextBlock"');
    for (const name of HOSTILE)
      expect(text).toContain(JSON.stringify(name.replaceAll(/[\r\n]+/g, ' ')).slice(1, -1));
  });

  it('has every character that means something to Discord escaped, and pings nobody', async () => {
    const message = (await made('discord', parts)) as { embeds: [{ description: string }] };
    const [, ...lines] = message.embeds[0].description.split('\n');

    expect(lines).toHaveLength(HOSTILE.length);
    for (const line of lines) {
      expect(line).toMatch(/^• /);
      expect(line.replaceAll(/\\[\\*_~`|<>@:[\]()#\-+!]/g, '')).not.toMatch(/[\\*_~`|<>@[\]()#!]|:\//);
    }
    expect(message).toMatchObject({ allowed_mentions: { parse: [] } });
  });

  it('has no markup, mention or link in Google Chat', async () => {
    const { text } = (await made('google-chat', parts)) as { text: string };
    const [title = '', ...lines] = text.split('\n');

    expect(lines).toHaveLength(HOSTILE.length);
    expect(title).toMatch(/^\*[^*]*\*$/);
    for (const line of lines) expect(line).toMatch(/^• [^<>*_~`]*$/);
    expect(text).not.toMatch(/:\/\/|www\.e/);
  });

  it.each(['https://t.example/a b', 'https://t.example/)x](https://evil', 'https://t.example/<x>|y'])(
    'leads nowhere else by way of the address %s',
    async (TrackingUrl) => {
      const order = { Items: [{ Sku: 'a', TrackingNumber: '1', TrackingUrl }] };
      const links: Change[] = [{ change: 'changed', sku: 'a', trackingNumberTo: '1' }];

      for (const preset of CHATS)
        expect(await textOf(preset, { order, changes: links })).not.toContain('t.example');
    },
  );
});

describe('an order of 5,000 items', () => {
  const Items = Array.from({ length: 5_000 }, (_, n) => ({
    Sku: `Sku-${n % 40}`,
    Product: `${'Ü*'.repeat(80)} ${n}`,
    TrackingNumber: `${'1_'.repeat(40)}${n}`,
    TrackingUrl: `https://track.example/${'x'.repeat(200)}${n}`,
  }));
  const changes = Items.map(
    ({ Sku, TrackingNumber }): Change => ({
      change: 'changed',
      sku: Sku,
      statusFrom: 'In_Production'.repeat(9),
      statusTo: 'Ship*ped'.repeat(9),
      trackingNumberTo: TrackingNumber,
    }),
  );

  /** The text of Discord and Google Chat, in characters; the whole message of others, in bytes. */
  function sizeOf(preset: Preset, json: string): number {
    const message = JSON.parse(json);
    return preset === 'discord'
      ? message.embeds[0].description.length
      : preset === 'google-chat'
        ? message.text.length
        : Buffer.byteLength(json);
  }

  /** The services' own limits. */
  it.each<[Preset, number]>([
    ['slack', 40_000],
    ['teams', 28 * 1024],
    ['discord', 4_096],
    ['google-chat', 4_096],
    ['changes', 5 * 1024 * 1024],
  ])('fits into a message of %s', async (preset, limit) => {
    const text = await textOf(preset, { order: { Items }, changes });

    expect(sizeOf(preset, text)).toBeLessThanOrEqual(limit);
  });

  it.each(CHATS)('has what is left out counted by %s', async (preset) => {
    const text = await textOf(preset, { order: { Items }, changes });
    const shown = text.match(/In\\*[_＿]Production/g)?.length ?? 0;

    expect(text).toMatch(/… and 49\d\d more/);
    expect(shown).toBeGreaterThan(0);
  });
});

describe('whatever the order holds', () => {
  const odd = fc.oneof(
    fc.string(),
    fc.constantFrom(null, 7, true, ...HOSTILE),
    fc.array(fc.string()),
    fc.object(),
  );
  const item = fc.record(
    { Sku: odd, Product: odd, TrackingNumber: odd, TrackingUrl: odd, Status: odd },
    { requiredKeys: [] },
  );
  const order = fc.oneof(fc.record({ Items: fc.array(fc.oneof(item, odd)) }), odd);
  const known = fc.constantFrom('a', '7', ...HOSTILE);
  const change = fc.record(
    {
      change: fc.constantFrom<Change['change']>('added', 'removed', 'changed'),
      sku: known,
      statusFrom: known,
      statusTo: known,
      trackingNumberFrom: known,
      trackingNumberTo: known,
    },
    { requiredKeys: ['change'] },
  );

  it.each(PRESET_NAMES)('%s makes a message of it', async (preset) => {
    const expression = jsonata(await presetText(preset), BOUNDS);
    await fc.assert(
      fc.asyncProperty(order, fc.array(change, { maxLength: 25 }), async (body, changes) => {
        const input = anInput({ order: body, changes: changes as Change[] });
        // JSON has no infinite numbers.
        const value: unknown = await expression.evaluate(JSON.parse(JSON.stringify(input)));

        expect(JSON.stringify(value)).toMatch(preset === 'changes' ? /evt_1/ : /Order Magic7\\*-501/);
      }),
      { numRuns: 100 },
    );
  });
});

describe('presetAttributes', () => {
  it.each(PRESET_NAMES)('gives what fits into the row of an endpoint: %s', async (preset) => {
    const row = { id: 'chat', url: 'https://chat.example', ...(await presetAttributes(preset)) };

    expect(endpointSchema.parse(row)).toMatchObject({ ordering: preset === 'changes' ? 'latest' : 'none' });
  });

  it.each<[Preset, number | undefined]>([
    ['slack', 1],
    ['teams', 1],
    ['discord', 2],
    ['google-chat', 1],
    ['changes', undefined],
  ])('limits the requests to what %s accepts: %s a second', (preset, limit) => {
    expect(presetDefaults(preset).rateLimitPerSecond).toBe(limit);
  });

  it.each<[string, Parts, boolean]>([
    ['an order that changed', {}, true],
    ['an order in which nothing changed', { changes: [] }, false],
    ['a body that is no order', { changes: [], event: { notAnOrder: true } }, true],
    ['an order with too many items', { changes: [], event: { changesNote: 'items-cut' } }, true],
  ])('has a filter for chats that decides on %s', async (_, parts, isSent) => {
    for (const preset of CHATS) {
      const { filter } = presetDefaults(preset);
      expect(Boolean(await jsonata(String(filter)).evaluate(anInput(parts)))).toBe(isSent);
    }
  });
});
