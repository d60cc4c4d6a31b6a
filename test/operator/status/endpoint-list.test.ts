import { describe, expect, it } from 'vitest';
import { NotFoundError } from '../../../lib/operator/errors.ts';
import { listEndpointStatuses, showEndpointStatus } from '../../../lib/operator/status/endpoint-list.ts';
import { connectionTo } from '../../console/a-console.ts';
import { busyRelay } from '../../console/busy-relay.ts';

describe('the list of endpoints with their states', () => {
  it('has the state, the ordering and the counts of each', async () => {
    const relay = await busyRelay();
    relay.configTable.remove('endpoint', 'shop');

    const statuses = await listEndpointStatuses(connectionTo(relay));

    const shown = statuses.map(({ id, state, ordering, waiting }) => [id, state, ordering, waiting.count]);
    expect(shown).toEqual([
      ['<b onmouseover=alert(1)>"x', 'failing', 'latest', 13],
      ['bare', 'invalid', undefined, 25],
      ['crm', 'paused', 'latest', 13],
      ['erp', 'ok', 'latest', 0],
      ['shop', 'removed', undefined, 13],
    ]);
  });

  it('shows one endpoint with its row, and a removed one without', async () => {
    const relay = await busyRelay();
    relay.configTable.remove('endpoint', 'shop');
    const connection = connectionTo(relay);

    const erp = await showEndpointStatus(connection, 'erp');
    const shop = await showEndpointStatus(connection, 'shop');

    expect(erp).toMatchObject({ status: { state: 'ok' }, row: { valid: { id: 'erp' } } });
    expect(shop).toMatchObject({ status: { state: 'removed' } });
    expect(shop.row).toBeUndefined();
    await expect(showEndpointStatus(connection, 'none')).rejects.toThrow(NotFoundError);
  });
});
