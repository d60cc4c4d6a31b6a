import { describe, expect, it } from 'vitest';
import { messageGroupOf } from '../../../lib/aws/sqs/messages.ts';
import { sha256Hex } from '../../../lib/relay/model/ids.ts';

describe('messageGroupOf', () => {
  it.each([
    'main/7-501853e1-8d78-4e1e-83a0-be9fb432efe1',
    '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    'x'.repeat(128),
  ])('is the id itself where SQS takes it: %s', (id) => {
    expect(messageGroupOf(id)).toBe(id);
  });

  it.each(['x'.repeat(129), 'with space', 'ünï', 'tab\t', 'line\n', ''])(
    'is its SHA-256 otherwise: %j',
    (id) => {
      expect(messageGroupOf(id)).toBe(sha256Hex(id));
    },
  );
});
