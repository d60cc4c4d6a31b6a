import { describe, expect, it } from 'vitest';
import { endpointIssues } from '../../lib/operator/endpoints/endpoint-issues.ts';
import { connectionTo } from '../console/a-console.ts';
import { aRelay } from '../relay/a-relay.ts';

describe('the issues of an endpoint', () => {
  it('are none when it can be added or changed', async () => {
    const connection = connectionTo(aRelay());
    const url = 'https://erp/hook';

    expect(
      await endpointIssues(connection, { id: 'erp', isNew: true, present: {}, change: { url } }),
    ).toEqual([]);
    expect(
      await endpointIssues(connection, {
        ...{
          id: 'erp',
          isNew: false,
          present: { url, timeoutSeconds: 99 },
          change: { timeoutSeconds: null },
        },
      }),
    ).toEqual([]);
  });

  it('name every invalid attribute at once', async () => {
    const relay = aRelay();
    relay.endpoint('erp');
    const change = { url: 'erp', filter: '$count(', sources: ['none'] };

    const issues = await endpointIssues(connectionTo(relay), { id: 'erp', isNew: true, present: {}, change });

    expect(issues.map(({ attribute }) => attribute)).toEqual(['url', 'filter', 'sources', 'id']);
  });
});
