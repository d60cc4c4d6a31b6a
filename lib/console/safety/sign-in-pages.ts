/** The pages for people without a session. They say how to get in. */
import { html } from 'hono/html';
import type { ConsoleContext, Html, View } from '../console-env.ts';
import { document } from '../layout/document.ts';
import { relayCommand } from '../layout/relay-command.ts';

export function askForAddress(c: ConsoleContext): Html {
  const isFromElsewhere = c.req.header('sec-fetch-site') === 'cross-site';
  const content = html`<main class="sign-in" id="main">
    <h1>Open the console with its address</h1>
    ${
      isFromElsewhere
        ? html`<p>A link of another site led here. If you have opened the console before, <a href="/">continue to the console</a>.</p>`
        : ''
    }
    <p>The relay prints an address that ends in <code>?token=…</code> when it starts the console. Open that address once; this browser then stays signed in for 12 hours.</p>
    <p>The address is no longer on the screen? This opens the console:</p>
    <pre>${relayCommand(c.var.view, 'open')}</pre>
  </main>`;
  return document({ title: 'Sign in', body: content, view: c.var.view });
}

/** @param problem what went wrong with the last try */
export function askForPassword(view: View, problem?: string): Html {
  const content = html`<main class="sign-in" id="main">
    <h1>Sign in to the relay’s console</h1>
    ${problem === undefined ? '' : html`<p class="notice bad" role="alert">${problem}</p>`}
    <form method="post" action="/login" class="stacked">
      <label for="password">Password</label>
      <input id="password" name="password" type="password" autocomplete="current-password" required autofocus />
      <button class="primary">Sign in</button>
    </form>
    <p class="quiet">The password is the one that the console was started with.</p>
  </main>`;
  return document({ title: 'Sign in', body: content, view });
}
