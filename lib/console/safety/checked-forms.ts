/** Lets a form through only if a page of this console sent it. */
import { createMiddleware } from 'hono/factory';
import type { ConsoleContext, ConsoleEnv } from '../console-env.ts';
import { FORM_TOKEN_FIELD } from './form-token-field.ts';
import { isSameText } from './same-text.ts';

const FORM_TYPE = 'application/x-www-form-urlencoded';

/** @param session gives the form token of the request's session */
export function checkForms(
  session: { formToken(c: ConsoleContext): string | undefined },
  { isReadOnly }: { readonly isReadOnly: boolean },
) {
  return createMiddleware<ConsoleEnv>(async (c, next) => {
    if (c.req.method === 'GET' || c.req.method === 'HEAD') return next();
    if (c.req.method !== 'POST') return c.text('The console knows GET and POST.', 405);
    if (isReadOnly) return c.text('This console is read-only. It changes nothing.', 403);
    const problem = await formProblem(c, session.formToken(c));
    return problem === undefined ? next() : c.text(problem, 403);
  });
}

/** Reads the form into `c.var.form`. Undefined when all is well. */
async function formProblem(c: ConsoleContext, formToken: string | undefined): Promise<string | undefined> {
  if (!isSameOrigin(c)) return 'The form came from another site. Nothing was changed.';
  const form = await readForm(c);
  if (form === undefined) return 'This is not a form of the console. Nothing was changed.';
  const given = form[FORM_TOKEN_FIELD] ?? '';
  if (formToken === undefined || !isSameText(given, formToken))
    return 'The form is too old. Nothing was changed. Go back, reload the page and try again.';
  c.set('form', form);
  return undefined;
}

/** Browsers send at least one of the two headers with every POST. Neither may name another site. */
export function isSameOrigin(c: ConsoleContext): boolean {
  const origin = c.req.header('origin');
  const site = c.req.header('sec-fetch-site');
  if (origin === undefined && site === undefined) return false;
  if (site !== undefined && site !== 'same-origin') return false;
  // A proxy may add TLS, so the scheme is not compared.
  return origin === undefined || hostOf(origin) === c.req.header('host')?.toLowerCase();
}

function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host;
}

/** The last value of each field; undefined for another type of body. */
export async function readForm(c: ConsoleContext): Promise<Record<string, string> | undefined> {
  const type = c.req.header('content-type') ?? '';
  if (type.split(';')[0]?.trim().toLowerCase() !== FORM_TYPE) return undefined;
  return Object.fromEntries(new URLSearchParams(await c.req.text()));
}
