/** Completes the commands in hints, so that they can be pasted: with the program's name and the relay that the user named. */
import type { Command } from 'commander';

/** How the user called the CLI. */
export interface Call {
  /** `npm run relay --`, `npx .` or `relay`. */
  readonly program: string;
  /** The names of the top-level commands: text in backquotes that begins with one is a command. */
  readonly commands: readonly string[];
  /** Options to repeat: `--port 8788`. */
  readonly options: string;
}

/** @param command any command of the program, after parsing */
export function callOf(command: Command, program: string): Call {
  const commands = rootOf(command).commands.map((one) => one.name());
  const { port, stack } = command.optsWithGlobals<Readonly<Record<string, unknown>>>();
  const options = Object.entries({ port, stack }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, shellWord(String(value))],
  );
  return { program, commands, options: options.join(' ') };
}

/** Replaces `` `endpoints list` `` by `` `npm run relay -- endpoints list --port 8788` ``. */
export function withWholeCommands(text: string, { program, commands, options }: Call): string {
  return text.replaceAll(/`([a-z]+)( [^`\n]*)?`/g, (quoted, name: string, rest = '') =>
    commands.includes(name) ? `\`${[program, name + rest, options].filter(Boolean).join(' ')}\`` : quoted,
  );
}

/** Quotes a text for a shell. */
export function shellWord(text: string): string {
  return /^[\w.:/@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}
