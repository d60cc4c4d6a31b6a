/** The bundles as a table in Markdown: a row for each package, a column for each function. */
import type { Bundle, BundledPackage } from './bundles.ts';

const BEGIN = '<!-- npm run sizes -- --write -->';
const END = '<!-- end -->';

export function sizesTable(bundles: readonly Bundle[]): string {
  const names = new Map<string, BundledPackage>();
  for (const one of bundles.flatMap(({ packages }) => packages)) names.set(one.name, one);
  const rows = [...names.values()]
    .map(({ name, licence }) => ({ name, licence, sizes: bundles.map((bundle) => bytesOf(bundle, name)) }))
    .toSorted((one, other) => Math.max(...other.sizes) - Math.max(...one.sizes));
  const heads = ['package', 'licence', ...bundles.map(({ name }) => name)];
  const totals = bundles.map(({ bytes }) => `**${kilobytes(bytes)}**`);
  return [
    row(heads),
    row(heads.map((_, column) => (column < 2 ? '---' : '--:'))),
    ...rows.map(({ name, licence, sizes }) => row([`\`${name}\``, licence, ...sizes.map(kilobytes)])),
    row(['**in all**', '', ...totals]),
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

function bytesOf({ packages }: Bundle, wanted: string): number {
  return packages.filter(({ name }) => name === wanted).reduce((sum, { bytes }) => sum + bytes, 0);
}

function kilobytes(bytes: number): string {
  if (bytes === 0) return '–';
  return bytes < 950 ? `${(bytes / 1000).toFixed(1)} kB` : `${Math.round(bytes / 1000)} kB`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
