/** Fields of forms. Each has a place for its problem, which the server fills while a person types. */
import { html } from 'hono/html';
import type { Html } from '../console-env.ts';
import { sentence } from './sentence.ts';
import { untrusted } from './untrusted.ts';

export interface FieldParts {
  /** Also the id of the element. */
  readonly name: string;
  readonly label: string;
  readonly help?: Html | string;
  readonly value?: string | undefined;
  /** The problem of the value, as the end of a sentence: `must be at most 30`. */
  readonly problem?: string | undefined;
  /** Answers a POST of the form with the problems of a field: {@link problemUpdates}. Absent: no check while typing. */
  readonly checkPath?: string | undefined;
  /** The field whose problem it shows; its own name when absent. For fields that are checked together. */
  readonly checkedAs?: string;
}

/** Gives a field its value, its problem and its check. */
export type Bind = (name: string) => Pick<FieldParts, 'name' | 'value' | 'problem' | 'checkPath'>;

export interface TextFieldParts extends FieldParts {
  readonly placeholder?: string;
  readonly type?: 'text' | 'url' | 'number';
  readonly isRequired?: boolean;
}

export function textField(parts: TextFieldParts): Html {
  const { value = '', placeholder, type = 'text', isRequired = false } = parts;
  // A browser sends no text that it does not take for a number, and then nobody could say what is wrong with it.
  const kind = type === 'number' ? html`type="text" inputmode="decimal"` : html`type="${type}"`;
  return frame(
    parts,
    html`<input ${attributes(parts)} ${kind} value="${value}" autocomplete="off" spellcheck="false"${
      placeholder === undefined ? '' : html` placeholder="${placeholder}"`
    }${isRequired ? html` required` : ''} />`,
  );
}

export interface SecretFieldParts extends Omit<FieldParts, 'value'> {
  /** There is a secret: an empty field keeps it. */
  readonly isSet: boolean;
  /** A reference to a secret, which is not secret itself. */
  readonly reference?: string | undefined;
}

/** A secret is never shown. */
export function secretField(parts: SecretFieldParts): Html {
  const { isSet, reference = '' } = parts;
  return frame(
    parts,
    html`<input ${attributes(parts)} type="password" value="${reference}" autocomplete="new-password" spellcheck="false"${
      isSet ? html` placeholder="unchanged"` : ''
    } />`,
  );
}

export function areaField(parts: FieldParts & { readonly placeholder?: string }): Html {
  const { value = '', placeholder } = parts;
  // A parser drops the first line end.
  return frame(
    parts,
    html`<textarea ${attributes(parts)} spellcheck="false" autocomplete="off"${
      placeholder === undefined ? '' : html` placeholder="${placeholder}"`
    }>
${value}</textarea>`,
  );
}

/** @param options labels by value */
export function selectField(
  parts: FieldParts & { readonly options: Readonly<Record<string, string>> },
): Html {
  return frame(
    parts,
    html`<select ${attributes(parts, 'change')}>${Object.entries(parts.options).map(
      ([value, label]) =>
        html`<option value="${value}"${value === parts.value ? html` selected` : ''}>${label}</option>`,
    )}</select>`,
  );
}

/** @param value `on` when it is marked */
export function checkField(parts: FieldParts): Html {
  const { name, label, help, value, problem } = parts;
  return html`<div class="field"><label class="choice" for="${name}"><input ${attributes(parts, 'change')} type="checkbox"${
    value === 'on' ? html` checked` : ''
  } /> ${label}</label>${helpText(name, help)}${problemSlot(name, problem)}</div>`;
}

function frame(parts: Omit<FieldParts, 'value'>, control: Html): Html {
  const { name, label, help, problem, checkedAs = name } = parts;
  return html`<div class="field"><label for="${name}">${label}</label>
${control}
${helpText(name, help)}${checkedAs === name ? problemSlot(name, problem) : ''}</div>`;
}

function attributes(parts: Omit<FieldParts, 'value'>, trigger = 'input changed delay:400ms'): Html {
  const { name, help, problem, checkPath, checkedAs = name } = parts;
  const described = [...(help === undefined ? [] : [`${name}-help`]), slotId(checkedAs)].join(' ');
  return html`id="${name}" name="${name}" aria-describedby="${described}"${
    problem === undefined ? '' : html` aria-invalid="true"`
  }${
    checkPath === undefined
      ? ''
      : html` hx-post="${checkPath}?${new URLSearchParams({ field: checkedAs })}" hx-trigger="${trigger}" hx-swap="none" hx-sync="this:replace"`
  }`;
}

function helpText(name: string, help: Html | string | undefined): Html {
  return help === undefined ? html`` : html`<small id="${name}-help" class="quiet">${help}</small>`;
}

/** The page's script marks the field as invalid when the slot has a text. */
export function problemSlot(name: string, problem: string | undefined): Html {
  return html`<small id="${slotId(name)}" class="problem" role="status" data-problem-of="${name}">${problemText(problem)}</small>`;
}

/** Puts the problems of these fields into their slots; clears those without one. */
export function problemUpdates(names: readonly string[], problems: Problems): Html {
  return html`${names.map(
    (name) =>
      html`<small id="${slotId(name)}" hx-swap-oob="innerHTML">${problemText(problems[name])}</small>`,
  )}`;
}

/** The problems, by the name of the field. */
export type Problems = Readonly<Record<string, string | undefined>>;

const slotId = (name: string) => `${name}-problem`;

function problemText(problem: string | undefined): Html | string {
  return problem === undefined ? '' : untrusted(sentence(problem));
}
