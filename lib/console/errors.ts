/** Shows errors of the operator's functions as pages that say what to do next. */

import { html } from 'hono/html';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import {
  AlreadyExistsError,
  InvalidInputError,
  NotFoundError,
  NotPossibleError,
} from '../operator/errors.ts';
import type { ConsoleContext } from './console-env.ts';
import { errorState } from './layout/error-state.ts';
import { showPage } from './layout/page.ts';
import { sentence } from './layout/sentence.ts';

interface ErrorReports {
  explainFailure?(error: unknown): string | undefined;
  warn?(message: string): void;
}

export function onError({ explainFailure, warn }: ErrorReports) {
  return async (error: Error, c: ConsoleContext): Promise<Response> => {
    const { status, heading, message, hint } = describe(error, explainFailure?.(error));
    if (status === 500) warn?.(`the console failed on ${c.req.method} ${c.req.path}: ${error.name}`);
    c.status(status);
    return showPage(c, { title: heading, content: errorState({ heading, message, hint }) });
  };
}

export async function onNotFound(c: ConsoleContext): Promise<Response> {
  c.status(404);
  const content = errorState({
    heading: 'There is no such page',
    message: 'The address may be mistyped, or the page was in an older version.',
    hint: html`<a href="/">Go to the start page</a>`,
  });
  return showPage(c, { title: 'Not found', content });
}

interface Described {
  readonly status: ContentfulStatusCode;
  readonly heading: string;
  readonly message: string;
  readonly hint: string;
}

function describe(error: Error, explanation: string | undefined): Described {
  if (error instanceof NotFoundError)
    return {
      status: 404,
      heading: 'Not found',
      message: sentence(error.message),
      hint: 'It may have been removed or have expired.',
    };
  if (error instanceof InvalidInputError || error instanceof AlreadyExistsError)
    return {
      status: 422,
      heading: 'Please check the form',
      message: sentence(error.message),
      hint: 'Nothing was changed. Go back and correct it.',
    };
  if (error instanceof NotPossibleError)
    return {
      status: 409,
      heading: 'Not possible now',
      message: sentence(error.message),
      hint: sentence(error.hint),
    };
  if (explanation !== undefined)
    return {
      status: 503,
      heading: 'The relay cannot be reached',
      message: sentence(explanation),
      hint: 'Reload the page to try again.',
    };
  return {
    status: 500,
    heading: 'The console failed',
    message: 'This is a fault of the console, or the relay’s data cannot be read now.',
    hint: 'Reload the page to try again. The relay itself goes on forwarding.',
  };
}
