/** For an option that may be given several times. */
export function severalTexts(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}
