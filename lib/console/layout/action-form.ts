/** Forms that change something. */
import { html } from 'hono/html';
import type { Html, View } from '../console-env.ts';
import { FORM_TOKEN_FIELD } from '../safety/form-token-field.ts';

export interface ActionFormParts {
  readonly action: string;
  /** The text of the button: a verb and its object. With `…` at its end when a question follows. */
  readonly label: string;
  /** The text of the button while the answer takes its time. */
  readonly busyLabel?: string;
  /** The fields; hidden ones, too. */
  readonly fields?: Html;
  readonly kind?: 'primary' | 'danger' | 'plain';
  /** A question that is asked before a destructive action. Without scripts, it is not asked. */
  readonly confirm?: string;
  /** Stacked fields with labels; otherwise the button stands in a line. */
  readonly isStacked?: boolean;
  /** The server says what is wrong, not the browser: the messages stand beside the fields. */
  readonly isCheckedByServer?: boolean;
}

/** Nothing in read-only mode. */
export function actionForm(view: View, parts: ActionFormParts): Html {
  if (view.isReadOnly) return html``;
  const { action, label, fields = html``, kind = 'plain', confirm, busyLabel, isStacked = false } = parts;
  const { isCheckedByServer = false } = parts;
  return html`<form method="post" action="${action}" class="${isStacked ? 'stacked' : 'inline'}"${
    confirm === undefined
      ? ''
      : html` data-confirm="${confirm}" data-confirm-label="${label.replace(/…$/, '')}"`
  }${isCheckedByServer ? html` novalidate` : ''}>${formTokenField(view)}${fields}<button class="${kind}"${
    busyLabel === undefined ? '' : html` data-busy="${busyLabel}"`
  }>${label}</button></form>`;
}

export function formTokenField({ formToken }: View): Html {
  return html`<input type="hidden" name="${FORM_TOKEN_FIELD}" value="${formToken}" />`;
}
