/** Checks that the webhook address answers, and that this machine and the relay agree on the time. */
import type { Clock } from '../../relay/model/clock.ts';
import type { AddressAnswer, Diagnostics } from '../diagnostics.ts';
import { type Finding, ok, problem } from './finding.ts';

const ADDRESS = 'webhook address';
const CLOCK = 'clock';
/** AWS refuses requests that are signed five minutes early or late; `Date` has whole seconds. */
const MOST_SKEW_SECONDS = 60;

export async function checkAddress(
  { askAddress }: Pick<Diagnostics, 'askAddress'>,
  clock: Clock,
): Promise<Finding[]> {
  const askedAt = clock.now();
  let answer: AddressAnswer;
  try {
    answer = await askAddress();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [
      problem(
        ADDRESS,
        `does not answer: ${why}`,
        'Check the name of this address, its proxy, the network of this machine, and whether the relay runs.',
      ),
    ];
  }
  return [addressFinding(answer), ...clockFindings(answer, askedAt, clock.now())];
}

/** For a token that no source has, the relay answers 404. */
function addressFinding({ status }: AddressAnswer): Finding {
  if (status === 404) return ok(ADDRESS, 'answers');
  if (status === 429)
    return problem(
      ADDRESS,
      'answers 429: it receives more requests than the stack allows',
      'Raise throttleRatePerSecond and throttleBurst, unless a stranger floods it.',
    );
  if (status >= 500)
    return problem(
      ADDRESS,
      `answers ${status}`,
      'Webhooks may be lost now. Look at the log of ingest, or of the relay on this machine.',
    );
  return problem(
    ADDRESS,
    `answers ${status}, where the relay answers 404 to a stranger`,
    'Something else answers at this address: check its domain and its proxy.',
  );
}

function clockFindings({ date }: AddressAnswer, askedAt: Date, answeredAt: Date): Finding[] {
  if (date === undefined) return [];
  const seconds = skewSeconds(date, askedAt, answeredAt);
  if (Math.abs(seconds) <= MOST_SKEW_SECONDS) return [ok(CLOCK, 'agrees with the relay’s')];
  const direction = seconds > 0 ? 'behind' : 'ahead of';
  return [
    problem(
      CLOCK,
      `this machine is ${Math.abs(seconds)} s ${direction} the relay’s clock`,
      'Set this machine’s clock by a time server: AWS refuses requests of a wrong time, and `--since 2h` would mean another time.',
    ),
  ];
}

/** The request's time has no part in it: the answer was written between the two moments. */
function skewSeconds(date: Date, askedAt: Date, answeredAt: Date): number {
  const earliest = date.getTime() - answeredAt.getTime();
  const latest = date.getTime() + 1_000 - askedAt.getTime();
  if (earliest <= 0 && latest >= 0) return 0;
  return Math.round((earliest > 0 ? earliest : latest) / 1_000);
}
