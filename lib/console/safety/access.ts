/** Decides about access to the console: by the printed address, or by a password. */
import { createHash, randomBytes } from 'node:crypto';
import type { Clock } from '../../relay/model/clock.ts';
import type { ConsoleApp, ConsoleContext } from '../console-env.ts';
import type { Access } from './access-kinds.ts';
import { isSameOrigin, readForm } from './checked-forms.ts';
import { limitBody } from './limit-body.ts';
import { LoginThrottle } from './login-throttle.ts';
import { isSameText } from './same-text.ts';
import { SessionCookie } from './session-cookie.ts';
import { askForAddress, askForPassword } from './sign-in-pages.ts';

/** Room for a long password. Nobody has signed in yet, so little memory is used. */
const LOGIN_BYTES = 4 * 1024;

/** Stops requests without a session, and starts sessions. */
export function signIn(app: ConsoleApp, access: Access, clock: Clock): SessionCookie {
  const session = new SessionCookie(keyOf(access), clock);
  if (access.kind === 'password') mountLogin(app, access.password, session, clock);
  app.use(async (c, next) => {
    const { token } = c.req.query();
    if (access.kind === 'token' && token !== undefined && c.req.method === 'GET') {
      if (!isSameText(token, access.token)) return askToSignIn(c, access);
      session.start(c);
      // The token does not stay in the address bar, the history or a referrer. A path such as //host would lead elsewhere.
      return c.redirect('/', 303);
    }
    const formToken = session.formToken(c);
    if (formToken === undefined) return askToSignIn(c, access);
    c.set('view', { ...c.var.view, formToken, canSignOut: access.kind === 'password' });
    return next();
  });
  if (access.kind === 'password') mountSignOut(app, session);
  return session;
}

/** A session outlives a restart if the token does. A password is too short to be a key: then the key is new. */
function keyOf(access: Access): Buffer {
  if (access.kind === 'password') return randomBytes(32);
  return createHash('sha256').update(`session ${access.token}`).digest();
}

function askToSignIn(c: ConsoleContext, { kind }: Access) {
  if (c.req.header('hx-request') === 'true') {
    // A live part must not show the sign-in page within itself.
    c.header('hx-refresh', 'true');
    return c.body(null, 401);
  }
  return kind === 'password' ? c.html(askForPassword(c.var.view), 401) : c.html(askForAddress(c), 401);
}

function mountLogin(app: ConsoleApp, password: string, session: SessionCookie, clock: Clock): void {
  const throttle = new LoginThrottle(clock);
  app.post('/login', limitBody(LOGIN_BYTES), async (c) => {
    const { view } = c.var;
    if (!isSameOrigin(c)) return c.text('The form came from another site.', 403);
    const { password: given = '' } = (await readForm(c)) ?? {};
    // Nothing waits from here to the noted failure: otherwise many guesses at once would all be free.
    const address = c.env?.incoming?.socket.remoteAddress ?? '';
    const waitSeconds = throttle.waitSeconds(address);
    if (waitSeconds > 0) {
      c.header('retry-after', String(waitSeconds));
      return c.html(askForPassword(view, `Too many wrong passwords. Try again in ${waitSeconds} s.`), 429);
    }
    if (!isSameText(given, password)) {
      throttle.noteFailure(address);
      return c.html(askForPassword(view, 'The password is wrong.'), 401);
    }
    throttle.noteSuccess(address);
    session.start(c);
    return c.redirect('/', 303);
  });
}

function mountSignOut(app: ConsoleApp, session: SessionCookie): void {
  app.post('/sign-out', (c) => {
    if (!isSameOrigin(c)) return c.text('The form came from another site.', 403);
    session.end(c);
    return c.redirect('/', 303);
  });
}
