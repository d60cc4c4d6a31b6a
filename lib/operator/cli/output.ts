/** What the CLI writes: text for people or, with `--json`, one JSON value for programs. */
import { bold, cyan, dim, green, red, yellow } from 'yoctocolors';
import type { Relays } from '../connection.ts';

/** What the CLI runs in. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** All of the standard input, to its end. */
  input(): Promise<Uint8Array>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Colour is for people: never in a pipe, nor against NO_COLOR (https://no-color.org). */
  readonly isColoured: boolean;
  /** How wide it is; absent for a pipe. */
  readonly columns?: number | undefined;
  /** How wide that is where errors are written; absent for a pipe, into which no progress is written. */
  readonly errColumns?: number | undefined;
  /** The relays that commands can find and connect to. */
  readonly relays: Relays;
  /** From now on Ctrl-C asks the command to end, as this signal tells it; a second one ends it by force. */
  interruption(): AbortSignal;
}

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
export type Colours = Readonly<Record<Colour, (text: string) => string>>;

const COLOURS: Colours = { bold, dim, red, green, yellow, cyan };
const asIs = (text: string) => text;
const NO_COLOURS: Colours = { bold: asIs, dim: asIs, red: asIs, green: asIs, yellow: asIs, cyan: asIs };

export interface OutputOptions {
  readonly terminal: Terminal;
  readonly json: boolean;
}

export class Output {
  readonly colours: Colours;
  readonly isJson: boolean;
  readonly #terminal: Terminal;

  constructor({ terminal, json }: OutputOptions) {
    this.#terminal = terminal;
    this.isJson = json;
    this.colours = terminal.isColoured ? COLOURS : NO_COLOURS;
  }

  /**
   * Shows the result of a command.
   *
   * @param asText gets the value with nothing in it that could steer a terminal: order ids, and much else, are
   * whatever somebody sent
   * @param asJson the value's form for programs, if it is not its own; dates become ISO 8601
   */
  show<Value>(
    value: Value,
    asText: (value: Value) => string,
    asJson: (value: Value) => unknown = (one) => one,
  ): void {
    this.#terminal.out(`${this.isJson ? jsonText(asJson(value)) : asText(printable(value))}\n`);
  }

  /** For programs only: what people are told in other words. */
  data(value: unknown): void {
    if (this.isJson) this.#terminal.out(`${jsonText(value)}\n`);
  }

  /** A word on how to go on; for people only. */
  hint(text: string): void {
    if (!this.isJson) this.#terminal.out(`${this.colours.dim(printable(text))}\n`);
  }

  /** Something that is odd, but does not stop the command. */
  warn(text: string): void {
    if (!this.isJson) this.#terminal.err(`warning: ${printable(text)}\n`);
  }

  /** Says what went wrong, and what to do about it. */
  fail(message: string, hint?: string): void {
    const said = withoutTokens(message);
    if (this.isJson) {
      const error = hint === undefined ? said : `${said}. ${hint}`;
      this.#terminal.err(`${jsonText({ error })}\n`);
    } else {
      this.#terminal.err([`error: ${printable(said)}`, ...(hint === undefined ? [] : [hint]), ''].join('\n'));
    }
  }
}

/** An address that was typed in the wrong place would otherwise be repeated with its token in it. */
function withoutTokens(text: string): string {
  return text.replaceAll(/(\/webhooks\/)[^/?\s'"]+/g, '$1…');
}

/** Characters that move the cursor, change the direction of writing, or start a new line. */
const STEERING = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** JSON that is safe to look at, too: what the codes stand for is the same text. */
function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(STEERING, codeOf);
}

/** The same value, with steering characters shown as their codes in every text in it. */
export function printable<Value>(value: Value): Value {
  return mapTexts(value) as Value;
}

function mapTexts(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(STEERING, codeOf);
  if (Array.isArray(value)) return value.map(mapTexts);
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array)
    return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapTexts(part)]));
}

function codeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Text of several lines: as {@link printable}, but line ends and tabs stay. */
export function printableLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => line.split('\t').map(printable).join('\t'))
    .join('\n');
}
