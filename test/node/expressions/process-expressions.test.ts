import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { afterAll, describe, expect, it } from 'vitest';
import { ProcessExpressions } from '../../../lib/node/expressions/process-expressions.ts';
import type { ExpressionInput } from '../../../lib/relay/model/expression-input.ts';

/** Shorter than that of the functions, because most of what follows reaches it. */
const TIME_LIMIT_MS = 600;

const opened: ProcessExpressions[] = [];
afterAll(() => {
  for (const expressions of opened) expressions.close();
});

function anEvaluator(timeLimitMs = TIME_LIMIT_MS): ProcessExpressions {
  const expressions = new ProcessExpressions({ timeLimitMs, waitLimitMs: 60_000 });
  opened.push(expressions);
  return expressions;
}

/** For expressions that end by themselves, on a busy machine too. */
const shared = anEvaluator(60_000);

function anInput(order?: unknown): ExpressionInput {
  const event = { id: 'evt_1', source: 'main', receivedAt: '2026-03-01T12:00:00.000Z' };
  return { event, changes: [{ change: 'added', sku: 'Mug' }], ...(order !== undefined && { order }) };
}

const value = (of: unknown) => ({ kind: 'value', value: of });
const failure = (reason: RegExp) => ({ kind: 'failure', reason: expect.stringMatching(reason) });

describe('an expression about an answer', () => {
  const ok = { status: 200, headers: { 'x-result': 'done' }, body: { ok: true } };

  it.each<[string, object, boolean]>([
    ['status in [200..299]', {}, true],
    ['status in [200..299]', { status: 302 }, false],
    ['status in [200, 302]', { status: 302 }, true],
    ['status = 200 and body.ok', {}, true],
    ['status = 200 and body.ok', { body: { ok: false } }, false],
    ['status = 200 and body.ok', { body: 'ok' }, false],
    ['body = "ok"', { body: 'ok' }, true],
    ['headers.`x-result` = "done"', {}, true],
    ['headers.`__proto__` = "x"', { headers: JSON.parse('{"__proto__":"x"}') }, true],
    ['event.id', {}, false],
  ])('%s of %j is %s', async (expression, parts, result) => {
    expect(await shared.evaluate(expression, { ...ok, ...parts }, 'boolean')).toEqual(value(result));
  });

  it('fails for an answer that is nested too deeply', async () => {
    const body: unknown = JSON.parse('['.repeat(30_000) + ']'.repeat(30_000));

    expect(await shared.evaluate('1', { ...ok, body }, 'boolean')).toEqual(failure(/nested too deeply/));
  });
});

describe('ProcessExpressions', () => {
  it.each<[string, unknown]>([
    ['order.Items[Status="Shipped"].Sku', ['a', 'b']],
    ['order.Items[0].Sku', 'a'],
    ['$count(order.Items)', 3],
    ['changes.sku', 'Mug'],
    ['event.id & "!"', 'evt_1!'],
    ['{"n": null, "t": true}', { n: null, t: true }],
    ['order.Missing', undefined],
    ['function($x) { order }', undefined],
    ['{"sum": $sum, "own": function($x) { order }, "n": 1}', { n: 1 }],
  ])('evaluates %s', async (expression, expected) => {
    const Items = ['a', 'b', 'c'].map((Sku) => ({ Sku, Status: Sku === 'c' ? 'New' : 'Shipped' }));

    expect(await shared.evaluate(expression, anInput({ Items }), 'value')).toEqual(value(expected));
  });

  it('ends what takes too much memory long before its time is over', async () => {
    const patient = anEvaluator(60_000);

    const found = await patient.evaluate('$pad("x", 500000000)', anInput(), 'value');

    expect(found).toEqual(failure(/^it ran too long, or used too much memory$/));
  });

  it('casts to a boolean as JSONata does, whatever the value', async () => {
    const cast = jsonata('$boolean(order)');
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (order) => {
        const expected = (await cast.evaluate({ order })) === true;

        expect(await shared.evaluate('order', anInput(order), 'boolean')).toEqual(value(expected));
      }),
      { numRuns: 200 },
    );
  });

  it('takes no result for false', async () => {
    expect(await shared.evaluate('order.Missing', anInput({}), 'boolean')).toEqual(value(false));
  });

  it('leaves nothing behind for the next evaluation', async () => {
    await shared.evaluate('($x := order.Secret; $x)', anInput({ Secret: 's' }), 'value');

    expect(await shared.evaluate('$x', anInput({}), 'value')).toEqual(value(undefined));
  });
});

describe('an expression that is wrong', () => {
  it.each<[string, RegExp]>([
    ['order.', /Unexpected end of expression.*S0207/],
    [
      'order.Email + 1',
      /left side of the "\+" operator must evaluate to a number, at character 13 \(T2001\)/,
    ],
    ['order.Email > 1', /The values … and … either side of operator ">"/],
    ['$number(order.Email)', /Unable to cast value to a number: …/],
    ['$error(order.Email)', /it called \$error/],
    ['$assert(false, order.Email)', /an \$assert of it does not hold/],
    ['$eval(order.Email)', /Syntax error in expression passed to function eval: …/],
    ['{order.Items: 1}', /Key in object structure must evaluate to a string; got: …/],
    ['order.Items{Sku: 1, $string(Sku): 2}', /evaluate to same key: …/],
  ])('%s fails, and says nothing of the order', async (expression, reason) => {
    const order = { Email: 'zoe@example.com', Items: [{ Sku: 'zoe' }] };
    const evaluated = await shared.evaluate(expression, anInput(order), 'value');

    expect(evaluated).toEqual(failure(reason));
    expect(JSON.stringify(evaluated)).not.toContain('zoe');
  });
});

/** Texts of so many characters, as expressions can make them. */
const doubled = (times: number, text = 'x') =>
  `($f := function($s, $n) { $n = 0 ? $s : $f($s & $s, $n - 1) }; $f("${text}", ${times}))`;

describe('an expression that runs away', () => {
  it.each<[string, string]>([
    ['recursion without end', '($f := function($n) { 1 + $f($n + 1) }; $f(0))'],
    ['a loop without end', '($f := function($n) { $f($n + 1) }; $f(0))'],
    ['functions that evaluate themselves', '($f := function($n) { $eval("$f(1)") & $n }; $f(0))'],
    ['a list of ten million', '[1..10000000]'],
    ['lists in lists', '$map([1..1000], function($i) { [1..100000] })'],
    [
      'a list that doubles',
      '($f := function($l, $n) { $n = 0 ? $l : $f($append($l, $l), $n - 1) }; $f([1], 40))',
    ],
    [
      'objects that double',
      '($f := function($o, $n) { $n = 0 ? $o : $f({"a": $o, "b": $o}, $n - 1) }; $f({}, 40))',
    ],
    ['a regular expression that backtracks for ever', '$contains($pad("", 60, "a") & "!", /^(a+)+$/)'],
    ['a text of half a gigabyte', '$length($pad("x", 500000000))'],
    ['a text that doubles', `$length(${doubled(28)})`],
    ['a text of wide characters that doubles', `$uppercase(${doubled(26, 'é😀')})`],
    ['a text split into its characters', '$split($pad("", 50000000, "a"), "")'],
    ['texts replaced by longer ones', '$replace($pad("", 200000, "a"), "a", $pad("", 200000, "b"))'],
    ['a comparison of everything with everything', '$count($distinct([1..100000].{"n": $}))'],
    ['a result too large to be sent', '$pad("", 6000000, "a")'],
    ['a picture of ten million digits', '$formatNumber(1, $pad("", 10000000, "0"))'],
  ])('%s ends with a failure, and the next one is evaluated', async (_, expression) => {
    const expressions = anEvaluator();

    const [ranAway, next] = await Promise.all([
      expressions.evaluate(expression, anInput(), 'value'),
      expressions.evaluate('$count(changes)', anInput(), 'value'),
    ]);

    expect(ranAway).toEqual(failure(/^it /));
    expect(next).toEqual(value(1));
    expressions.close();
  });

  it('is not evaluated again for some minutes, so that it costs the others its time limit once', async () => {
    const endless = '$contains($pad("", 60, "b") & "!", /^(b+)+$/)';
    const expressions = anEvaluator();
    await expressions.evaluate(endless, anInput(), 'boolean');

    const again = await Promise.all(
      Array.from({ length: 100 }, () => expressions.evaluate(endless, anInput(), 'boolean')),
    );

    for (const each of again) expect(each).toEqual(failure(/a moment ago/));
  });

  it('fails no other evaluation that waits at the time, though there are several', async () => {
    const expressions = anEvaluator();
    const endless = ['c', 'e'].map(
      (letter) => `$contains($pad("", 60, "${letter}") & "!", /^(${letter}+)+$/)`,
    );

    const all = await Promise.all(
      [...endless, '$pad("x", 500000000)', '1', '2'].map((each) =>
        expressions.evaluate(each, anInput(), 'value'),
      ),
    );

    expect(all.slice(-2)).toEqual([value(1), value(2)]);
    for (const each of all.slice(0, -2)) expect(each).toEqual(failure(/it ran too long/));
    expressions.close();
  });

  it('lets the others go first, though it came first', async () => {
    const expressions = anEvaluator(60_000);
    const ended: string[] = [];

    const all = ['($f := function($n) { $f($n + 1) }; $f(0))', '"quick"'].map(async (expression) => {
      const found = await expressions.evaluate(expression, anInput(), 'value');
      ended.push(found.kind);
      return found;
    });

    expect(await Promise.all(all)).toEqual([failure(/it ran too long/), value('quick')]);
    expect(ended).toEqual(['value', 'failure']);
    expressions.close();
  });

  it('fails for an order that is nested too deeply to be handed over', async () => {
    const order = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);

    expect(await shared.evaluate('1', anInput(order), 'value')).toEqual(failure(/nested too deeply/));
  });

  it('fails for an order that is nested too deeply to be searched', async () => {
    const order = JSON.parse(`${'{"a":'.repeat(1_500)}1${'}'.repeat(1_500)}`);
    const evaluated = await shared.evaluate(
      '($f := function($o) { $f($o.a) + 1 }; $f(order))',
      anInput(order),
      'value',
    );

    expect(evaluated).toEqual(failure(/it goes too deep/));
  });
});

describe('the process in which expressions are evaluated', () => {
  it('ends with who started it, whatever it does just then', async () => {
    const processFile = fileURLToPath(
      new URL('../../../lib/node/expressions/expression-process.ts', import.meta.url),
    );
    const expression = '$contains($pad("", 60, "d") & "!", /^(d+)+$/)';
    const job = { expression, input: '{}', as: 'boolean', timeoutMs: 1_500 };
    const script = `const child = require('node:child_process').fork(${JSON.stringify(processFile)}, ['96'], { stdio: 'ignore', serialization: 'advanced' });
      child.once('message', () => child.send(${JSON.stringify(job)}, () => console.log(child.pid)));`;
    const starter = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [pid] = await once(starter.stdout, 'data');

    starter.kill('SIGKILL');

    await expect.poll(() => isRunning(Number(pid))).toBe(false);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
