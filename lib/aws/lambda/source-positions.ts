/**
 * Replaces positions in a bundle by those in the source files. Node's `--enable-source-maps` does the same, but reads all
 * source maps at each cold start, which takes a tenth to a fifth of its CPU. Here the first logged error reads them.
 */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { fileURLToPath } from 'node:url';

const POSITION = /(file:\/\/[^\s()]+\.mjs):(\d+):(\d+)/g;

/** By the URL of a bundle; undefined for a bundle without a source map. */
const maps = new Map<string, SourceMap | undefined>();

/** @param stack of an error, as Node writes it */
export function withSourcePositions(stack: string): string {
  return stack.replace(POSITION, (position, url: string, line: string, column: string) => {
    const origin = mapOf(url)?.findOrigin(Number(line), Number(column));
    if (origin === undefined || !('fileName' in origin)) return position;
    // The path is relative to the folder in which the bundle was made.
    const file = origin.fileName.replace(/^(\.\.\/)+/, '');
    return `${file}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

function mapOf(url: string): SourceMap | undefined {
  if (!maps.has(url)) maps.set(url, readMap(url));
  return maps.get(url);
}

function readMap(url: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(fileURLToPath(`${url}.map`), 'utf8')));
  } catch {
    // The error is logged with its positions in the bundle.
    return undefined;
  }
}
