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

/** The code of this project, beside that of packages. */
const OWN = 'the relay itself';

export interface BundledPackage {
  readonly name: string;
  readonly licence: string;
  /** Its bytes in the bundle. */
  readonly bytes: number;
}

export interface Bundle {
  readonly name: BundleName;
  readonly bytes: number;
  /** The largest first. */
  readonly packages: readonly BundledPackage[];
}

export function bundleAll(): Bundle[] {
  const folder = mkdtempSync(join(tmpdir(), 'sensaria-relay-bundle-'));
  try {
    return [
      ...HANDLERS.map((name) =>
        bundleOf(name, bundleFunction(REPOSITORY, { handler: `lambdas/${name}.ts` }, folder)),
      ),
      bundleOf(BESIDE, [bundleProcesses(REPOSITORY, EXPRESSION_PROCESS, folder).metafile]),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function bundleOf(name: BundleName, metafiles: readonly Metafile[]): Bundle {
  const outputs = metafiles.flatMap((metafile) => Object.entries(metafile.outputs));
  const files = outputs.flatMap(([path, one]) => (path.endsWith('.map') ? [] : [one]));
  const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
  return { name, bytes, packages: packagesOf(files.flatMap(({ inputs }) => Object.entries(inputs))) };
}

function packagesOf(inputs: readonly [string, { readonly bytesInOutput: number }][]): BundledPackage[] {
  const bytes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of inputs) {
    const folder = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? OWN;
    bytes.set(folder, (bytes.get(folder) ?? 0) + bytesInOutput);
  }
  return [...bytes]
    .map(([folder, size]) => ({ ...described(folder), bytes: size }))
    .filter((one) => one.bytes > 0)
    .toSorted((one, other) => other.bytes - one.bytes);
}

const packageSchema = z.object({ name: z.string(), license: z.string() });

function described(folder: string): Pick<BundledPackage, 'name' | 'licence'> {
  const path = folder === OWN ? 'package.json' : `${folder}/package.json`;
  const { name, license } = packageSchema.parse(JSON.parse(readFileSync(join(REPOSITORY, path), 'utf8')));
  return { name: folder === OWN ? OWN : name, licence: license };
}
