/** What runs in the functions: each handler bundled as the stack bundles it, and what the bundle is made of. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { type BuildOptions, build, type Metafile } from 'esbuild';
import { z } from 'zod';
import { BUNDLING } from '../../lib/stack/bundling.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
export const HANDLERS = ['ingest', 'fan-out', 'deliver', 'sweep'] as const;
export type Handler = (typeof HANDLERS)[number];

/** The code of this project, beside that of packages. */
export const OWN = 'the relay itself';

export interface BundledPackage {
  readonly name: string;
  readonly licence: string;
  /** What is left of it in the bundle. */
  readonly bytes: number;
}

export interface Bundle {
  readonly handler: Handler;
  readonly bytes: number;
  /** The largest first. */
  readonly packages: readonly BundledPackage[];
}

export function bundleAll(): Promise<Bundle[]> {
  return Promise.all(HANDLERS.map(bundle));
}

async function bundle(handler: Handler): Promise<Bundle> {
  const { metafile } = await build({ ...esbuildOptions(), entryPoints: [`lambdas/${handler}.ts`] });
  const [output] = Object.entries(metafile.outputs).flatMap(([path, one]) =>
    path.endsWith('.map') ? [] : [one],
  );
  if (output === undefined) throw new Error(`esbuild has made nothing of ${handler}`);
  return { handler, bytes: output.bytes, packages: packagesOf(output) };
}

/** CDK's options by esbuild's names; with one that has no such name here, the types do not fit any more. */
function esbuildOptions(): BuildOptions & { metafile: true } {
  const { format, sourceMap, banner, logLevel, bundleAwsSDK: _, mainFields, ...sameName } = BUNDLING;
  const options = {
    ...sameName,
    format: format === OutputFormat.ESM ? 'esm' : 'cjs',
    mainFields: [...mainFields],
    sourcemap: sourceMap,
    logLevel,
    banner: { js: banner },
  } satisfies BuildOptions;
  const run = { bundle: true, platform: 'node', write: false, outfile: 'index.mjs' } as const;
  return { ...options, ...run, metafile: true, absWorkingDir: REPOSITORY };
}

function packagesOf({ inputs }: Metafile['outputs'][string]): BundledPackage[] {
  const bytes = new Map<string, number>();
  for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
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
