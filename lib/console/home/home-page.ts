/** The start page: the guided start until the first webhook, afterwards the state of the relay. */
import { relayStatus } from '../../operator/status/relay-status.ts';
import type { Page } from '../console-env.ts';
import { liveRegion } from '../layout/live-region.ts';
import { showPage } from '../layout/page.ts';
import { sharedReads } from '../live/shared-reads.ts';
import { guidedStart } from '../start/guided-start.ts';
import { isSetUp, readSetup } from '../start/setup.ts';
import { mountStart } from '../start/start-actions.ts';
import { overview } from './overview.ts';

const PATH = '/';
/** The state changes more slowly than the newest events, and costs more to read. */
const OVERVIEW_POLLS = 3;

export const homePage: Page = {
  path: PATH,
  label: 'Home',
  mount(app, context) {
    const { connection } = context;
    const status = sharedReads(() => relayStatus(connection));
    mountStart(app, context);
    app.get(PATH, async (c) => {
      const { view } = c.var;
      const setup = await readSetup(connection);
      if (!isSetUp(setup))
        return showPage(c, { title: 'Start', path: PATH, content: guidedStart(view, setup) });
      const content = liveRegion(view, {
        id: 'overview',
        path: '/overview',
        everySeconds: OVERVIEW_POLLS * view.pollSeconds,
        content: overview(view, await status()),
      });
      return showPage(c, { title: 'Home', path: PATH, content });
    });
    app.get('/overview', async (c) => c.html(await overview(c.var.view, await status())));
  },
};
