import { describe, expect, it } from 'vitest';
import { timeText } from '../../lib/operator/cli/times.ts';
import { sha256Hex } from '../../lib/relay/model/ids.ts';
import { itemsOf, jsonOf } from './cli.ts';
import { useTablesOnlyRelay } from './tables-only-relay.ts';

const relay = useTablesOnlyRelay();

const URL_OF_ERP = 'https://erp.example/hook?orderid=';
const NOW = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
const endpoints = (...args: string[]) => relay().cli(['endpoints', ...args]);
const anEndpoint = (attributes: object = {}, id = 'erp') =>
  relay().put('endpoint', id, { url: URL_OF_ERP, ...attributes });
const aSource = (id: string) => relay().put('source', id, { tokenSha256: sha256Hex(id) });

describe('endpoints add', () => {
  it('writes the given attributes without defaults, and prints the row with defaults', async () => {
    const result = await endpoints('add', '--id', 'erp', '--url', URL_OF_ERP, '--json');

    expect(result).toMatchObject({ exitCode: 0, err: '' });
    expect(jsonOf(result)).toMatchObject({
      id: 'erp',
      url: URL_OF_ERP,
      state: 'enabled',
      ordering: 'latest',
      timeoutSeconds: 10,
      maxAttempts: 10,
      createdAt: NOW,
      updatedAt: NOW,
    });
    expect(await relay().config()).toEqual([
      { kind: 'endpoint', id: 'erp', url: URL_OF_ERP, createdAt: NOW, updatedAt: NOW },
    ]);
  });

  it('takes every attribute', async () => {
    await aSource('main');
    await aSource('shop');
    const given = '--state paused --sources main --sources shop --ordering strict --timeout-seconds 2.5';

    const result = await endpoints(
      ...['add', '--id', 'erp', '--url', URL_OF_ERP, ...given.split(' ')],
      ...['--max-attempts', '3', '--rate-limit-per-second', '0.5', '--description', 'the ERP', '--json'],
      ...['--skip-unchanged', '--notices'],
    );

    expect(jsonOf(result)).toMatchObject({
      id: 'erp',
      url: URL_OF_ERP,
      state: 'paused',
      sources: ['main', 'shop'],
      ordering: 'strict',
      timeoutSeconds: 2.5,
      maxAttempts: 3,
      rateLimitPerSecond: 0.5,
      skipUnchanged: true,
      notices: true,
      description: 'the ERP',
      createdAt: NOW,
      updatedAt: NOW,
    });
  });

  it('shows the added endpoint by the names of the options', async () => {
    const { out } = await endpoints('add', '--id', 'erp', '--url', URL_OF_ERP, '--ordering', 'none');

    expect(out).toMatch(/^Endpoint erp is added\.\n/);
    expect(out).toContain(`  url              ${URL_OF_ERP}\n`);
    expect(out).toContain('  ordering         none\n  timeout-seconds  10\n');
    expect(out).toContain('within 10 s');
  });

  it.each([
    ['an id that exists', ['--id', 'erp', '--url', URL_OF_ERP], 'the endpoint erp already exists'],
    ['a bad URL', ['--id', 'b', '--url', 'erp.example'], '--url must be an absolute http or https URL'],
    ['a password in the URL', ['--id', 'b', '--url', 'https://a:b@erp.example'], '--url must not carry'],
    ['a bad id', ['--id', 'b#c', '--url', URL_OF_ERP], '--id must be 1 to 64 visible characters'],
    ['no id', ['--url', URL_OF_ERP], "required option '--id <id>' not specified"],
    ['no URL', ['--id', 'b'], "required option '--url <url>' not specified"],
    ['an unknown flag', ['--id', 'b', '--url', URL_OF_ERP, '--ulr', 'x'], "unknown option '--ulr'"],
    ['an argument', ['b', '--id', 'b', '--url', URL_OF_ERP], 'too many arguments'],
    [
      'an unknown source',
      ['--id', 'b', '--url', URL_OF_ERP, '--sources', 'shop'],
      '--sources must be main: there is no source shop',
    ],
    [
      'a wait for quiet with an ordering that leaves nothing out',
      ['--id', 'b', '--url', URL_OF_ERP, '--ordering', 'strict', '--debounce-seconds', '5'],
      '--debounce-seconds goes with the ordering latest alone',
    ],
    [
      'several wrong attributes, naming each',
      `--id b --url ${URL_OF_ERP} --state of --ordering x --timeout-seconds 31 --max-attempts 1.5`.split(' '),
      '--state must be enabled, paused or disabled; --ordering must be latest, strict or none; ' +
        '--timeout-seconds must be at most 30; --max-attempts must be a whole number',
    ],
    [
      'a rate limit that is none',
      ['--id', 'b', '--url', URL_OF_ERP, '--rate-limit-per-second', '0'],
      '--rate-limit-per-second must be at least 0.01',
    ],
    [
      'what is no number',
      ['--id', 'b', '--url', URL_OF_ERP, '--max-attempts', 'ten'],
      '--max-attempts must be a number',
    ],
  ])('refuses %s with exit code 2, and writes nothing', async (_, args, message) => {
    await anEndpoint();
    await aSource('main');
    const before = await relay().config();

    const { exitCode, out, err } = await endpoints('add', ...args);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
    expect(await relay().config()).toEqual(before);
  });

  it('says that the relay has no source yet', async () => {
    const { exitCode, err } = await endpoints('add', '--id', 'b', '--url', URL_OF_ERP, '--sources', 'main');

    expect(exitCode).toBe(2);
    expect(err).toContain('the relay has none yet');
  });
});

describe('endpoints list', () => {
  it('says how to add the first one', async () => {
    expect((await endpoints('list')).out).toMatch(/^No endpoints yet\. `endpoints add /);
    expect(itemsOf(await endpoints('list', '--json'))).toEqual([]);
  });

  it('shows each endpoint with its state and health, and explains the health', async () => {
    await anEndpoint({ state: 'disabled' }, 'shop');
    await anEndpoint({ ordering: 'strict' });
    await relay().put('health', 'shop', { state: 'failing', reason: 'it times out' });
    const lastSuccessAt = '2026-03-11T12:00:00Z';
    const timeCells = timeText(new Date(lastSuccessAt)).split(/ {2,}/);
    await relay().put('health', 'erp', {
      ...{ state: 'ok', provenAt: lastSuccessAt, lastSuccessAt, version: 2 },
      lastAnswer: '200',
    });

    const { out } = await endpoints('list');
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      [
        ...['ENDPOINT', 'STATE', 'HEALTH', 'WAITING', 'DEAD', 'CANCELLED'],
        ...['LAST SUCCESS (±5 MIN)', 'LAST ANSWER', 'ORDERING', 'URL'],
      ],
      ['erp', 'enabled', 'ok', '0', '0', '0', ...timeCells, '200', 'strict', URL_OF_ERP],
      ['shop', 'disabled', 'failing', '0', '0', '0', '–', '–', 'latest', URL_OF_ERP],
      [''],
      ['shop', 'it times out'],
      [''],
    ]);
    const shared = { url: URL_OF_ERP, timeoutSeconds: 10, maxAttempts: 10 };
    expect(itemsOf(await endpoints('list', '--json'))).toMatchObject([
      { id: 'erp', state: 'enabled', ordering: 'strict', ...shared },
      {
        id: 'shop',
        state: 'disabled',
        ordering: 'latest',
        ...shared,
        health: { state: 'failing', reason: 'it times out' },
      },
    ]);
  });

  it('shows an invalid row with the reason beside valid rows', async () => {
    await anEndpoint();
    await anEndpoint({ timeoutSeconds: 'ten', colour: 'red' }, 'shop');

    const { exitCode, out } = await endpoints('list');

    expect(exitCode).toBe(0);
    expect(out).toContain('erp       enabled ');
    expect(out).toMatch(
      /the endpoint’s deliveries are parked:\n {2}shop {2}timeoutSeconds: .*; .*"colour"\n$/,
    );
    expect(itemsOf(await endpoints('list', '--json'))).toEqual([
      expect.objectContaining({ id: 'erp' }),
      { id: 'shop', invalid: expect.stringContaining('timeoutSeconds'), deliveries: expect.anything() },
    ]);
  });

  it('shows control characters as codes', async () => {
    await anEndpoint({ url: 'https://erp.example/\u001b[31m' });

    expect((await endpoints('list')).out).toContain('https://erp.example/\\u001b[31m');
  });
});

describe('endpoints show', () => {
  it('shows every attribute', async () => {
    await anEndpoint({
      description: 'the ERP',
      sources: ['main'],
      createdAt: 'in March',
      updatedAt: 'in May',
      rateLimitPerSecond: 2.5,
    });
    await relay().put('health', 'erp', { state: 'disabled', reason: 'it answered 410' });

    expect((await endpoints('show', 'erp')).out).toBe(
      [
        'Endpoint erp',
        `  url                    ${URL_OF_ERP}`,
        '  state                  enabled',
        '  sources                main',
        '  ordering               latest',
        '  timeout-seconds        10',
        '  max-attempts           10',
        '  rate-limit-per-second  2.5',
        '  description            the ERP',
        '  health                 disabled: it answered 410; fix the endpoint and run `endpoints enable erp`',
        '  deliveries             none waits or needs attention',
        '  added                  in March',
        '  changed                in May',
        '',
      ].join('\n'),
    );
    expect(jsonOf(await endpoints('show', 'erp', '--json'))).toMatchObject({
      id: 'erp',
      health: { state: 'disabled', reason: 'it answered 410', consecutiveFailures: 0 },
    });
  });

  it('shows the last success and the last answer, and how many orders and probes failed', async () => {
    await anEndpoint();
    const moment = (minute: number) => `2026-03-01T12:0${minute}:00.000Z`;
    await relay().put('health', 'erp', {
      ...{ state: 'failing', consecutiveFailures: 7, failingSince: moment(2), reason: 'it times out' },
      ...{ failedProbes: 2, retryAt: moment(9), probeIntervalSeconds: 240 },
      ...{ lastSuccessAt: moment(0), lastAnswer: '503', lastAnswerAt: moment(5) },
      ...{ refusedOrders: ['0a1b2c3d', '4e5f6a7b'], refusedSince: moment(1) },
    });

    const { out } = await endpoints('show', 'erp');

    expect(out).toMatch(/health +failing: failing since .*, 2 failed probes, last answer 503, next probe/);
    expect(out).toContain(
      `  last success     ${timeText(new Date(moment(0)))}, recorded once in five minutes\n`,
    );
    expect(out).toContain(`  last answer      503 at ${timeText(new Date(moment(5)))}\n`);
    expect(jsonOf(await endpoints('show', 'erp', '--json'))).toMatchObject({
      health: {
        state: 'failing',
        lastSuccessAt: moment(0),
        lastAnswer: { answer: '503', at: moment(5) },
        refusals: { orders: 2, orMore: false, since: moment(1) },
        probes: { failed: 2, nextAt: moment(9) },
      },
    });
  });

  it('shows why a row is invalid', async () => {
    await anEndpoint({ state: 'of' });

    expect((await endpoints('show', 'erp')).out).toMatch(/ {2}erp {2}state: /);
    expect(jsonOf(await endpoints('show', 'erp', '--json'))).toEqual({
      id: 'erp',
      invalid: expect.stringMatching(/^state: /),
      deliveries: expect.anything(),
    });
  });
});

describe('endpoints set', () => {
  it('changes only the given attributes', async () => {
    await anEndpoint({ maxAttempts: 3, createdAt: 'in March' });

    const result = await endpoints(
      'set',
      'erp',
      '--timeout-seconds',
      '20',
      '--url',
      'https://new.example/',
      '--json',
    );

    expect(jsonOf(result)).toMatchObject({ url: 'https://new.example/', timeoutSeconds: 20, maxAttempts: 3 });
    expect(await relay().config()).toEqual([
      {
        kind: 'endpoint',
        id: 'erp',
        url: 'https://new.example/',
        timeoutSeconds: 20,
        maxAttempts: 3,
        createdAt: 'in March',
        updatedAt: NOW,
      },
    ]);
  });

  it('puts defaults back, named as the options are or as they stand in the row', async () => {
    await anEndpoint({ maxAttempts: 3, timeoutSeconds: 3, sources: ['main'], colour: 'red' });

    const result = await endpoints(
      ...['set', 'erp', '--unset', 'max-attempts', '--unset', 'timeoutSeconds'],
      ...['--unset', 'sources', '--unset', 'colour'],
    );

    expect(result).toMatchObject({ exitCode: 0, err: '' });
    expect(result.out).toMatch(/^Endpoint erp is changed\.\n/);
    expect(await relay().config()).toEqual([
      { kind: 'endpoint', id: 'erp', url: URL_OF_ERP, updatedAt: NOW },
    ]);
  });

  it.each([
    ['nothing to change', ['erp'], 'no option names a change'],
    ['an unknown id', ['shop', '--state', 'enabled'], 'there is no endpoint shop'],
    ['an empty id', ['', '--state', 'enabled'], 'there is no endpoint without an id'],
    ['no id', ['--state', 'enabled'], "missing required argument 'id'"],
    ['another id', ['erp', '--id', 'b'], "unknown option '--id'"],
    ['a bad value', ['erp', '--max-attempts', '0'], '--max-attempts must be at least 1'],
    ['an unknown source', ['erp', '--sources', 'shop'], '--sources must be main: there is no source shop'],
    ['to take away the URL', ['erp', '--unset', 'url'], '--url has no default'],
    [
      'to take away what does not exist',
      ['erp', '--unset', 'colour'],
      '“colour” is not an attribute of an endpoint',
    ],
    ['to set and unset', ['erp', '--state', 'enabled', '--unset', 'state'], '--state is both set and unset'],
  ])('refuses %s with exit code 2, and writes nothing', async (_, args, message) => {
    await anEndpoint();
    await aSource('main');
    const before = await relay().config();

    const { exitCode, out, err } = await endpoints('set', ...args);

    expect({ exitCode, out }).toEqual({ exitCode: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
    expect(await relay().config()).toEqual(before);
  });

  it('does not write a row that stays invalid', async () => {
    await anEndpoint({ timeoutSeconds: 99 });
    const before = await relay().config();

    const { exitCode, err } = await endpoints('set', 'erp', '--state', 'disabled');

    expect(exitCode).toBe(2);
    expect(err).toContain('error: --timeout-seconds must be at most 30');
    expect(await relay().config()).toEqual(before);
  });
});

describe('endpoints pause, resume, disable and enable', () => {
  it.each([
    ['pause', 'paused', 'Endpoint erp is paused.'],
    ['resume', 'enabled', 'Endpoint erp is enabled.'],
    ['disable', 'disabled', 'Endpoint erp is disabled.'],
    ['enable', 'enabled', 'Endpoint erp is enabled.'],
  ])('%s sets the state to %s', async (command_, state, news) => {
    await anEndpoint({ state: 'enabled', maxAttempts: 3 });

    const { exitCode, out } = await endpoints(command_, 'erp');

    expect(exitCode).toBe(0);
    expect(out).toMatch(`${news}\n`);
    expect(out).toContain('The change takes effect within 10 s.');
    expect(await relay().config()).toMatchObject([{ id: 'erp', state, maxAttempts: 3, updatedAt: NOW }]);
    expect(jsonOf(await endpoints(command_, 'erp', '--json'))).toMatchObject({ id: 'erp', state });
  });

  const TROUBLE = {
    reason: 'it answered 410: gone for good',
    consecutiveFailures: 7,
    failingSince: '2026-03-01T12:00:00.000Z',
    failedProbes: 3,
    refusedOrders: ['0a1b2c3d'],
    refusedSince: '2026-03-01T12:00:00.000Z',
    retryAt: '2026-03-01T13:00:00.000Z',
    probeIntervalSeconds: 120,
  };
  const SPEED = { provenAt: '2026-02-01T12:00:00.000Z', slowUntil: '2026-03-01T12:05:00.000Z' };
  const ANSWERS = {
    lastSuccessAt: '2026-02-01T12:00:00.000Z',
    lastAnswer: '410',
    lastAnswerAt: '2026-03-01T12:00:00.000Z',
  };
  const RIGHTS = { lockId: 'somebody', lockedUntil: '2026-03-01T12:05:00.000Z' };
  const healthRow = async () => (await relay().config()).find(({ kind }) => kind === 'health');

  it.each([
    ['enable', 'disabled'],
    ['enable', 'failing'],
    ['enable', 'ok'],
    ['resume', 'disabled'],
    ['resume', 'failing'],
  ])('%s closes a circuit that is %s, and keeps its speed and its last answer', async (command_, state) => {
    await anEndpoint({ state: 'disabled' });
    const attributes = { ...TROUBLE, ...SPEED, ...ANSWERS, ...RIGHTS };
    await relay().put('health', 'erp', { state, version: 4, ...attributes });

    const result = await endpoints(command_, 'erp', '--json');

    expect(jsonOf(result)).toMatchObject({
      id: 'erp',
      state: 'enabled',
      clearedHealth: { consecutiveFailures: 7 },
    });
    expect(await healthRow()).toEqual({
      ...{ kind: 'health', id: 'erp', state: 'ok', consecutiveFailures: 0, recoveredAt: NOW, version: 5 },
      ...SPEED,
      ...ANSWERS,
      ...RIGHTS,
    });
  });

  it.each([
    ['resume', 'ok', TROUBLE],
    ['enable', 'ok', SPEED],
    ['pause', 'failing', TROUBLE],
    ['disable', 'failing', TROUBLE],
  ])('%s leaves a circuit alone that is %s', async (command_, state, parts) => {
    await anEndpoint();
    await relay().put('health', 'erp', { state, version: 4, ...parts });
    const before = await healthRow();

    await endpoints(command_, 'erp');

    expect(await healthRow()).toEqual(before);
  });

  it('shows the cleared health, and how to replay missed events', async () => {
    await anEndpoint();
    await relay().put('health', 'erp', { state: 'disabled', version: 4, ...TROUBLE });

    const { out } = await endpoints('enable', 'erp');

    expect(out).toContain('Its health is cleared. Before: disabled: it answered 410: gone for good\n');
    expect(out).toContain('`replay --endpoint erp --since 2026-03-01T12:00:00.000Z`');
  });

  it.each(['enable', 'resume'])(
    '%s shows how to send what was cancelled while it was disabled',
    async (command_) => {
      await anEndpoint({ state: 'disabled' });

      const { out } = await endpoints(command_, 'erp');

      expect(out).toContain('stay cancelled: `deliveries retry --endpoint erp` sends them.');
      expect(out).toContain('`endpoints missed erp --since 30d` lists the orders that it did not get.');
      expect(out).toContain('`replay --endpoint erp --since 30d` sends the events that it missed.');
      expect((await endpoints(command_, 'erp')).out).not.toContain('cancelled');
    },
  );

  it('writes no health of an endpoint of which nothing is known', async () => {
    await anEndpoint({ state: 'disabled' });

    await endpoints('enable', 'erp');

    expect(await relay().config()).toMatchObject([{ kind: 'endpoint', state: 'enabled' }]);
  });
});

describe('endpoints remove', () => {
  it('removes the row, and says that pending deliveries are cancelled', async () => {
    await anEndpoint();

    const { exitCode, out } = await endpoints('remove', 'erp');

    expect(exitCode).toBe(0);
    expect(out).toMatch(/^Endpoint erp is removed\.\n.*cancels its pending deliveries\.\n$/);
    expect(await relay().config()).toEqual([]);
  });

  it('prints that it did, as JSON', async () => {
    await anEndpoint();

    expect(jsonOf(await endpoints('remove', 'erp', '--json'))).toEqual({ id: 'erp', removed: true });
  });
});

describe.each(['show', 'pause', 'resume', 'enable', 'disable', 'remove'])('endpoints %s', (command) => {
  it.each([
    ['unknown', 'shop'],
    ['empty', ''],
    ['longer than a key may be', 'long'.repeat(300)],
  ])('finds no endpoint whose id is %s', async (_, id) => {
    const { exitCode, err } = await endpoints(command, id);

    expect(exitCode).toBe(2);
    expect(err).toMatch(/^error: there is no endpoint .*\n`endpoints list` shows all endpoints\.\n$/);
    expect(await relay().config()).toEqual([]);
  });
});
