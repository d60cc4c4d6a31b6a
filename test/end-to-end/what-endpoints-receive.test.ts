/**
 * What endpoints receive. Each part is a file that registers its own sources and endpoints, and its tests. All parts run on
 * the same relay at the same time: a relay of its own for each part takes three seconds of CPU until its code is warm, and
 * most tests wait until the relay tries again or reads its config again. The rows of all parts exist before the first
 * webhook, because the relay would see later ones only after ten seconds. To run one part: `-t signatures`.
 */
import { describe } from 'vitest';
import { useRelayOn } from './a-relay-on.ts';
import { testCredentials } from './credentials.ts';
import { ENGINES } from './engines.ts';
import { testExpressions } from './expressions.ts';
import { testForwarding } from './forwarding.ts';
import { testSignatures } from './signatures.ts';

describe.concurrent.each(ENGINES)('on %s', (engine) => {
  const relay = useRelayOn(engine);
  testForwarding(relay);
  testSignatures(relay);
  testCredentials(relay);
  testExpressions(relay);
});
