/** The deployed stack in the emulator, and one process over SQLite. */
export const ENGINES = ['the stack', 'one machine'] as const;
export type Engine = (typeof ENGINES)[number];
