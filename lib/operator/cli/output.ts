/** Writes the results of commands: text, or one JSON value with `--json`. */
import { bold, cyan, dim, green, red, yellow } from 'yoctocolors';
import { printableLines, printableText } from '../../relay/model/printable.ts';
import type { Relays } from '../connection.ts';
import { type Call, withWholeCommands } from './calls.ts';
import type { ServeConsole } from './serve-console.ts';

/** The environment of the CLI. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** All of the standard input, to its end. */
  input(): Promise<Uint8Array>;
  /** Asks a question; undefined when the input ends or Ctrl-C comes instead of an answer. Absent without a terminal. */
  readonly ask?: ((question: string) => Promise<string | undefined>) | undefined;
  /** False where there is no browser. */
  openBrowser(address: string): Promise<boolean>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** How the user called the program: `npm run relay --`, `npx .` or `relay`. */
  readonly program: string;
  /** A config file is read from this folder. */
  readonly workingFolder: string;
  /** False in a pipe and with NO_COLOR (https://no-color.org). */
  readonly isColoured: boolean;
  /** The width of stdout; absent for a pipe. */
  readonly columns?: number | undefined;
  /** The width of stderr; absent for a pipe, which gets no progress line. */
  readonly errColumns?: number | undefined;
  /** The relays that commands can find and connect to. */
  readonly relays: Relays;
  readonly serveConsole: ServeConsole;
  /** The signal that the first Ctrl-C aborts. A second Ctrl-C ends the process. */
  interruption(): AbortSignal;
}

export type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
export type Colours = Readonly<Record<Colour, (text: string) => string>>;

/** How texts look on the terminal. */
export type Screen = Colours & {
  /** The width, which tables fit; absent for a pipe. */
  readonly columns?: number | undefined;
};

const COLOURS: Colours = { bold, dim, red, green, yellow, cyan };
const asIs = (text: string) => text;
const NO_COLOURS: Colours = { bold: asIs, dim: asIs, red: asIs, green: asIs, yellow: asIs, cyan: asIs };

export interface OutputOptions {
  readonly terminal: Terminal;
  readonly json: boolean;
  /** Completes the commands in texts. Without it, they stay as they are. */
  readonly call?: Call;
}

/** Stands for a backquote of untrusted text. `printableText` has replaced all other control characters. */
const FOREIGN_BACKQUOTE = '\u0001';

export class Output {
  readonly colours: Colours;
  readonly screen: Screen;
  readonly isJson: boolean;
  readonly #terminal: Terminal;
  readonly #call: Call | undefined;

  constructor({ terminal, json, call }: OutputOptions) {
    this.#terminal = terminal;
    this.#call = call;
    this.isJson = json;
    this.colours = terminal.isColoured ? COLOURS : NO_COLOURS;
    this.screen = { ...this.colours, columns: terminal.columns };
  }

  /**
   * Shows the result of a command.
   *
   * @param asText receives the value without control characters, because webhooks contain untrusted text
   * @param asJson converts the value for JSON; dates become ISO 8601
   */
  show<Value>(
    value: Value,
    asText: (value: Value) => string,
    asJson: (value: Value) => unknown = (one) => one,
  ): void {
    this.#terminal.out(
      `${this.isJson ? jsonText(asJson(value)) : this.#completed(asText(foreign(value)))}\n`,
    );
  }

  /** Writes a value with `--json` only. */
  data(value: unknown): void {
    if (this.isJson) this.#terminal.out(`${jsonText(value)}\n`);
  }

  /** Writes a hint as text only. */
  hint(text: string): void {
    if (!this.isJson) this.#terminal.out(`${this.colours.dim(this.#completed(printable(text)))}\n`);
  }

  /** Writes a warning as text only. */
  warn(text: string): void {
    if (!this.isJson) this.#terminal.err(`warning: ${this.#completed(printable(text))}\n`);
  }

  /** Writes an error and a hint. */
  fail(message: string, hint?: string): void {
    const safe = withoutTokens(message);
    if (this.isJson) {
      const error = this.#completed(hint === undefined ? safe : `${safe}. ${hint}`);
      this.#terminal.err(`${jsonText({ error })}\n`);
    } else {
      this.#terminal.err(
        this.#completed(
          [`error: ${printable(safe)}`, ...(hint === undefined ? [] : [printableLines(hint)]), ''].join('\n'),
        ),
      );
    }
  }

  /** Completes the commands of the program's own texts, and restores the backquotes of untrusted ones. */
  #completed(text: string): string {
    const whole = this.#call === undefined ? text : withWholeCommands(text, this.#call);
    return whole.replaceAll(FOREIGN_BACKQUOTE, '`');
  }
}

/** Removes the token of a webhook address that was typed as a wrong argument. */
function withoutTokens(text: string): string {
  return text.replaceAll(/(\/webhooks\/)[^/?\s'"]+/g, '$1…');
}

/** JSON with control characters escaped, so that it is safe to print. */
function jsonText(value: unknown): string {
  return printableText(JSON.stringify(value));
}

/** Replaces control characters by their codes in every text and every name of a value. */
export function printable<Value>(value: Value): Value {
  return mapTexts(value, printableText) as Value;
}

/** Untrusted lines inside a command's text, such as a body: what they contain is no command to complete. */
export function verbatim(lines: string): string {
  return printableLines(lines).replaceAll('`', FOREIGN_BACKQUOTE);
}

/** Like {@link printable}, and hides backquotes. */
function foreign<Value>(value: Value): Value {
  return mapTexts(value, (text) => printableText(text).replaceAll('`', FOREIGN_BACKQUOTE)) as Value;
}

function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value);
  if (Array.isArray(value)) return value.map((part) => mapTexts(part, map));
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array)
    return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [printableText(name), mapTexts(part, map)]),
  );
}
