/** A text as `application/x-www-form-urlencoded` has it: https://url.spec.whatwg.org/#urlencoded-serializing. */
export function formEncoded(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice('='.length);
}
