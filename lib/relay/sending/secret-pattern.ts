/** Patterns that find a secret in a text, in every form in which an endpoint may echo it. */
import { BoundedCache } from '../model/bounded-cache.ts';

/** More of a secret is not compared: an answer is kept only to its 512th byte. */
const COMPARED = 512;
/** Servers also cut what they echo. The first half of a secret, and at least this many characters, is found as well. */
const SHORTEST_BEGINNING = 8;
/** The rest of a secret that was cut, or of an encoding around it. */
const REST = String.raw`[\w+/=%.~-]*`;

/** Building the patterns of a long token takes milliseconds, so those of this many secrets are cached. */
const cache = new BoundedCache<SecretPattern>(200);

export interface SecretPattern {
  readonly forms: readonly RegExp[];
  /** The characters of the secret itself. A match has only these and those of the encodings. */
  readonly characters: string;
  /** A match has at least so many characters. */
  readonly shortest: number;
}

/**
 * Returns a function that is true for every text that has one of the secrets, and for few others. V8 drops the compiled
 * forms now and then, and compiling them takes far longer than searching an answer; so most answers should not need them.
 */
export function mayHaveOne(patterns: readonly SecretPattern[]): (text: string) => boolean {
  if (patterns.length === 0) return () => false;
  const own = [...new Set(patterns.map(({ characters }) => characters).join(''))]
    .map((character) => character.replace(/[\\^\]-]/, '\\$&'))
    .join('');
  const shortest = Math.min(...patterns.map((pattern) => pattern.shortest));
  const run = new RegExp(`[\\w+/=%\\\\&#;.~${own}-]{${shortest}}`, 'u');
  // Stryker disable next-line ConditionalExpression: it only saves time
  return (text) => text.length >= shortest && run.test(text);
}

/**
 * The pattern of one secret: as text, JSON- or HTML-escaped, percent-encoded or a mixture of these, in base64 or base64url
 * at each of the three alignments, and in hexadecimal.
 *
 * No quantifier is without a limit, except at the end: a hostile answer cannot make the search slow.
 */
export function patternOf(secret: string): SecretPattern {
  return cache.get(secret, () => buildPattern(secret));
}

function buildPattern(secret: string): SecretPattern {
  const bytes = Buffer.from(secret);
  // UTF-8 that was read as Latin-1.
  const misread = bytes.toString('latin1');
  const texts = [...new Set([secret, misread])].map((text) => [...text]);
  const cores = [0, 1, 2].map((offset) => [...base64Core(bytes, offset)]);
  const hexadecimal = [...bytes.toString('hex')];
  const sources = [
    ...texts.map((text) => beginning(text.map(anyFormOf))),
    ...cores.map((core) => `[\\w+/-]{0,3}${beginning(core.map(anyBase64FormOf))}[\\w+/=-]{0,4}`),
    beginning(hexadecimal.map(anyCaseOf)),
  ];
  return {
    forms: sources.map((source) => new RegExp(source, 'gu')),
    characters: secret + misread,
    shortest: Math.min(...[...texts, ...cores, hexadecimal].map(requiredOf)),
  };
}

function requiredOf({ length }: readonly string[]): number {
  return Math.min(length, COMPARED, Math.max(SHORTEST_BEGINNING, Math.ceil(length / 2)));
}

/** Matches the whole secret, or its beginning and what may be the rest of it. */
function beginning(characters: readonly string[]): string {
  const required = requiredOf(characters);
  const first = characters.slice(0, required).join('');
  const rest = characters.slice(required, COMPARED).join('');
  if (characters.length > COMPARED) return `${first}[^]*`;
  return `${first}(?:${rest}|${REST})`;
}

function anyFormOf(character: string): string {
  const percent = [...Buffer.from(character)]
    .map((byte) => `%(?:25){0,2}${anyCaseOf(byte.toString(16).padStart(2, '0'))}`)
    .join('');
  const json = Array.from(
    { length: character.length },
    (_, index) => `\\\\{1,4}u${anyCaseOf(character.charCodeAt(index).toString(16).padStart(4, '0'))}`,
  ).join('');
  const codePoint = character.codePointAt(0) ?? 0;
  const numeric = `#(?:0{0,4}${codePoint}|[xX]0{0,4}${anyCaseOf(codePoint.toString(16))})`;
  const html = `&(?:amp;){0,2}(?:${[numeric, ...namesOf(character)].join('|')});?`;
  // Stryker disable next-line ArrayDeclaration: with one more alternative, no less is found
  const short = SHORT_FORMS.get(character) ?? [];
  const literal = `\\\\{0,4}${escaped(character)}`;
  return `(?:${[percent, json, html, ...short, literal].join('|')})`;
}

/** The short escapes of JSON, and the space of a form. */
const SHORT_FORMS = new Map([
  ['\n', ['\\\\{1,4}n']],
  ['\r', ['\\\\{1,4}r']],
  ['\t', ['\\\\{1,4}t']],
  ['\f', ['\\\\{1,4}f']],
  ['\b', ['\\\\{1,4}b']],
  [' ', ['\\+']],
]);

/** Named references of HTML, for the characters that every library escapes. */
const HTML_NAMES = new Map([
  ['&', ['amp']],
  ['<', ['lt']],
  ['>', ['gt']],
  ['"', ['quot']],
  ["'", ['apos']],
]);

function namesOf(character: string): readonly string[] {
  // Stryker disable next-line ArrayDeclaration: with one more alternative, no less is found
  return HTML_NAMES.get(character) ?? [];
}

/**
 * The base64 characters that the bytes alone determine, when they begin `offset` bytes after a multiple of three. The
 * characters beside them also depend on the bytes around the secret.
 */
function base64Core(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const bits = 8 * (offset + bytes.length);
  return encoded.slice(Math.ceil((8 * offset) / 6), Math.floor(bits / 6));
}

function anyBase64FormOf(character: string): string {
  if (character === '+') return '(?:[+-]|%2[bB])';
  if (character === '/') return '(?:\\\\{0,4}/|_|%2[fF])';
  return character;
}

function anyCaseOf(hexadecimal: string): string {
  return hexadecimal.replace(/[a-f]/g, (letter) => `[${letter}${letter.toUpperCase()}]`);
}

/** With the flag `u`, only characters of the syntax may be escaped. */
function escaped(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}
