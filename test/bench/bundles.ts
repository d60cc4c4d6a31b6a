/** Bundles each handler as the stack does, and lists the contents of the bundle. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';
import { z } from 'zod';
import { bundleFunction, bundleProcesses } from '../../lib/stack/bundling.ts';
import { EXPRESSION_PROCESS } from '../../lib/stack/functions.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
export const HANDLERS = ['ingest', 'fan-out', 'deliver', 'sweep'] as const;
/** The process that fan-out and deliver start when an endpoint has a filter or a transform. */
const BESIDE = 'expressions';
type BundleName = (typeof HANDLERS)[number] | typeof BESIDE;

type Output = Metafile['outputs'][string];

/** The code of this project, beside that of packages. */
const OWN = 'the relay itself';

export interface BundledPackage {
  readonly name: string;
  readonly licence: string;
  /** Its bytes that a cold start loads. */
  readonly bytes: number;
  /** Its bytes in files that are loaded on first use. */
  readonly laterBytes: number;
}

export interface Bundle {
  readonly name: BundleName;
  /** The files that a cold start loads. */
  readonly bytes: number;
  /** The files that are loaded on first use. */
  readonly laterBytes: number;
  /** The modules of Node that a cold start loads by an `import`, which reads all their exports. */
  readonly nodeModules: readonly string[];
  /** The largest first. */
  readonly packages: readonly BundledPackage[];
}

export function bundleAll(): Bundle[] {
  const folder = mkdtempSync(join(tmpdir(), 'sensaria-relay-bundle-'));
  try {
    return [
      ...HANDLERS.map((name) => {
        const handler = `lambdas/${name}.ts`;
        return bundleOf(name, [handler], bundleFunction(REPOSITORY, { handler }, folder));
      }),
      bundleOf(BESIDE, EXPRESSION_PROCESS, [
        bundleProcesses(REPOSITORY, EXPRESSION_PROCESS, folder).metafile,
      ]),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function bundleOf(name: BundleName, sources: readonly string[], metafiles: readonly Metafile[]): Bundle {
  const files = new Map(metafiles.flatMap(({ outputs }) => Object.entries(outputs)));
  const start = filesOfStart(sources, files);
  const code = [...files].filter(([path]) => !path.endsWith('.map'));
  const first = code.flatMap(([path, file]) => (start.has(path) ? [file] : []));
  const later = code.flatMap(([path, file]) => (start.has(path) ? [] : [file]));
  return {
    name,
    bytes: bytesOf(first),
    laterBytes: bytesOf(later),
    nodeModules: nodeModulesOf(first),
    packages: packagesOf(inputsOf(first), inputsOf(later)),
  };
}

/** The bundles of the sources, and the files that these import statically, directly or not. */
function filesOfStart(sources: readonly string[], files: ReadonlyMap<string, Output>): Set<string> {
  const found = new Set<string>();
  const add = (path: string) => {
    const file = files.get(path);
    if (file === undefined || found.has(path)) return;
    found.add(path);
    for (const { path: imported, kind } of file.imports) if (kind === 'import-statement') add(imported);
  };
  for (const [path, { entryPoint = '' }] of files) if (sources.includes(entryPoint)) add(path);
  return found;
}

function bytesOf(files: readonly Output[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

function nodeModulesOf(files: readonly Output[]): string[] {
  const imported = files
    .flatMap(({ imports }) => imports)
    .filter(({ external = false, kind }) => external && kind === 'import-statement')
    .map(({ path }) => path.replace(/^node:/, ''));
  return [...new Set(imported)];
}

/** Bytes by the folder of a package. */
function inputsOf(files: readonly Output[]): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of files.flatMap(({ inputs }) => Object.entries(inputs))) {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? OWN;
    bytes.set(folder, (bytes.get(folder) ?? 0) + bytesInOutput);
  }
  return bytes;
}

function packagesOf(first: Map<string, number>, later: Map<string, number>): BundledPackage[] {
  return [...new Set([...first.keys(), ...later.keys()])]
    .map((folder) => ({
      ...described(folder),
      bytes: first.get(folder) ?? 0,
      laterBytes: later.get(folder) ?? 0,
    }))
    .filter(({ bytes, laterBytes }) => bytes + laterBytes > 0)
    .toSorted((one, other) => other.bytes + other.laterBytes - one.bytes - one.laterBytes);
}

const packageSchema = z.object({ name: z.string(), license: z.string() });

function described(folder: string): Pick<BundledPackage, 'name' | 'licence'> {
  const path = folder === OWN ? 'package.json' : `${folder}/package.json`;
  const { name, license } = packageSchema.parse(JSON.parse(readFileSync(join(REPOSITORY, path), 'utf8')));
  return { name: folder === OWN ? OWN : name, licence: license };
}
