/** The sentence of an error about the SQLite file. It says what to do. Undefined for any other error. */
export function explainFileFailure(error: unknown): string | undefined {
  return error instanceof Error && error.name === 'DatabaseFileError' ? error.message : undefined;
}
