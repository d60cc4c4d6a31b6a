/** Serves scripts and styles from memory. The path contains a hash of the content, so browsers cache them for ever. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { ConsoleApp } from '../console-env.ts';

/** Where each asset comes from. Nothing is loaded from elsewhere. */
const SOURCES = {
  'console.css': () => own('console.css'),
  'console.js': () => own('console.js'),
  'htmx.js': () => ofPackage('htmx.org/dist/htmx.min.js'),
  'uplot.js': () => ofPackage('uplot/dist/uPlot.iife.min.js'),
  'uplot.css': () => ofPackage('uplot/dist/uPlot.min.css'),
};

export type AssetName = keyof typeof SOURCES;

interface Asset {
  readonly path: string;
  readonly type: string;
  readonly content: Buffer;
  /** Compressed when first asked for: a page needs only the paths. */
  readonly encoded: Map<Encoding, Buffer>;
}

const ENCODERS = {
  br: (content: Buffer) => brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } }),
  gzip: (content: Buffer) => gzipSync(content),
};
type Encoding = keyof typeof ENCODERS;
/** The better one first. */
const ENCODINGS: readonly Encoding[] = ['br', 'gzip'];

const CACHE_FOREVER = 'public, max-age=31536000, immutable';

const loaded = new Map<AssetName, Asset>();

/** Read once. */
function assetOf(name: AssetName): Asset {
  const present = loaded.get(name);
  if (present !== undefined) return present;
  const content = SOURCES[name]();
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const asset = {
    path: `/assets/${hash}/${name}`,
    type: name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8',
    content,
    encoded: new Map<Encoding, Buffer>(),
  };
  loaded.set(name, asset);
  return asset;
}

export function assetPath(name: AssetName): string {
  return assetOf(name).path;
}

export function mountAssets(app: ConsoleApp): void {
  // The first page does not wait for files.
  for (const name of Object.keys(SOURCES).filter(isAssetName)) assetOf(name);
  app.get('/assets/:hash/:name', (c) => {
    const { name } = c.req.param();
    if (!isAssetName(name)) return c.notFound();
    const asset = assetOf(name);
    // Another hash is that of another version.
    if (c.req.path !== asset.path) return c.notFound();
    const accepted = (c.req.header('accept-encoding') ?? '').split(',').map((part) => part.trim());
    const encoding = ENCODINGS.find((each) => accepted.includes(each));
    const body = encoding === undefined ? asset.content : encodedAs(asset, encoding);
    return c.body(new Uint8Array(body), 200, {
      'content-type': asset.type,
      'cache-control': CACHE_FOREVER,
      vary: 'accept-encoding',
      ...(encoding !== undefined && { 'content-encoding': encoding }),
    });
  });
}

function encodedAs({ content, encoded }: Asset, encoding: Encoding): Buffer {
  const body = encoded.get(encoding) ?? ENCODERS[encoding](content);
  encoded.set(encoding, body);
  return body;
}

function isAssetName(name: string): name is AssetName {
  return Object.hasOwn(SOURCES, name);
}

/** The size of all assets, uncompressed. */
export function assetBytes(): number {
  return Object.keys(SOURCES)
    .filter(isAssetName)
    .reduce((sum, name) => sum + assetOf(name).content.length, 0);
}

function own(name: string): Buffer {
  return readFileSync(new URL(`./${name}`, import.meta.url));
}

function ofPackage(path: string): Buffer {
  return readFileSync(fileURLToPath(import.meta.resolve(path)));
}
