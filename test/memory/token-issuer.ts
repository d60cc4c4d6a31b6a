/** The TokenIssuer port in memory: a new token for everyone who asks, unless a test says otherwise. */
import type { Token, TokenClient, TokenIssuer } from '../../lib/relay/ports/outgoing.ts';

export class MemoryTokenIssuer implements TokenIssuer {
  /** Everyone who asked, in order. */
  readonly clients: TokenClient[] = [];
  answer: (client: TokenClient, count: number, timeoutMs: number) => Promise<Token> = async (_, count) => ({
    value: `token-${count}`,
    expiresInSeconds: 3_600,
  });

  issue(client: TokenClient, timeoutMs: number): Promise<Token> {
    const count = this.clients.push(client);
    return this.answer(client, count, timeoutMs);
  }
}
