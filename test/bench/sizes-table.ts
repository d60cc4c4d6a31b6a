/** The bundles as a table in Markdown: a row for each package, a column for each function. */
import type { Bundle, BundledPackage } from './bundles.ts';

const BEGIN = '<!-- npm run sizes -- --write -->';
const END = '<!-- end -->';

export function sizesTable(bundles: readonly Bundle[]): string {
  const names = new Map<string, BundledPackage>();
  for (const one of bundles.flatMap(({ packages }) => packages)) names.set(one.name, one);
  const rows = [...names.values()]
    .map(({ name, licence }) => ({ name, licence, sizes: bundles.map((bundle) => sizesOf(bundle, name)) }))
    .toSorted((one, other) => largest(other.sizes) - largest(one.sizes));
  const heads = ['package', 'licence', ...bundles.map(({ name }) => name)];
  const totals = bundles.map(({ bytes }) => `**${kilobytes(bytes)}**`);
  const laterTotals = bundles.map(({ laterBytes }) => cell({ bytes: 0, laterBytes }));
  return [
    row(heads),
    row(heads.map((_, column) => (column < 2 ? '---' : '--:'))),
    ...rows.map(({ name, licence, sizes }) => row([`\`${name}\``, licence, ...sizes.map(cell)])),
    row(['**at a cold start**', '', ...totals]),
    row(['on first use', '', ...laterTotals]),
  ].join('\n');
}

/** The page with the table in the place of the one before. */
export function withTable(page: string, table: string): string {
  const start = page.indexOf(BEGIN);
  const end = page.indexOf(END, start);
  if (start === -1 || end === -1) throw new Error(`the page has no ${BEGIN} … ${END}`);
  return `${page.slice(0, start)}${BEGIN}\n${table}\n${page.slice(end)}`;
}

/** Names and licences of a page's table. */
export function packagesIn(page: string): { name: string; licence: string }[] {
  const table = page.slice(page.indexOf(BEGIN), page.indexOf(END));
  return [...table.matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)].map(([, name = '', licence = '']) => ({
    name,
    licence,
  }));
}

type Sizes = Pick<BundledPackage, 'bytes' | 'laterBytes'>;

function sizesOf({ packages }: Bundle, wanted: string): Sizes {
  const found = packages.filter(({ name }) => name === wanted);
  return {
    bytes: found.reduce((sum, { bytes }) => sum + bytes, 0),
    laterBytes: found.reduce((sum, { laterBytes }) => sum + laterBytes, 0),
  };
}

function largest(sizes: readonly Sizes[]): number {
  return Math.max(...sizes.map(({ bytes, laterBytes }) => bytes + laterBytes));
}

/** In brackets what is loaded on first use, unless a cold start loads a part of the package. */
function cell({ bytes, laterBytes }: Sizes): string {
  return bytes === 0 && laterBytes > 0 ? `(${kilobytes(laterBytes)})` : kilobytes(bytes);
}

function kilobytes(bytes: number): string {
  if (bytes === 0) return '–';
  return bytes < 950 ? `${(bytes / 1000).toFixed(1)} kB` : `${Math.round(bytes / 1000)} kB`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
