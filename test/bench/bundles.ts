/** Bundles each handler as the stack does, and lists the contents of the bundle. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';
import { type BuildOptions, build } from 'esbuild';
import { z } from 'zod';
import { BUNDLING, bundleInto } from '../../lib/stack/bundling.ts';
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

export async function bundleAll(): Promise<Bundle[]> {
  return [...(await Promise.all(HANDLERS.map(bundle))), bundleSeparately()];
}

async function bundle(handler: (typeof HANDLERS)[number]): Promise<Bundle> {
  const { metafile } = await build({ ...esbuildOptions(), entryPoints: [`lambdas/${handler}.ts`] });
  return bundleOf(handler, metafile);
}

function bundleSeparately(): Bundle {
  const folder = mkdtempSync(join(tmpdir(), 'sensaria-relay-bundle-'));
  try {
    const file = join(folder, 'metafile.json');
    bundleInto(REPOSITORY, EXPRESSION_PROCESS, folder, file);
    return bundleOf(BESIDE, metafileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Of what esbuild says of its outputs, as much as is needed here. */
const metafileSchema = z.object({
  outputs: z.record(
    z.string(),
    z.object({
      bytes: z.number(),
      inputs: z.record(z.string(), z.object({ bytesInOutput: z.number() })),
    }),
  ),
});
type Outputs = z.output<typeof metafileSchema>['outputs'];

function bundleOf(name: BundleName, { outputs }: { readonly outputs: Outputs }): Bundle {
  const files = Object.entries(outputs).flatMap(([path, one]) => (path.endsWith('.map') ? [] : [one]));
  const bytes = files.reduce((sum, one) => sum + one.bytes, 0);
  return { name, bytes, packages: packagesOf(files.flatMap(({ inputs }) => Object.entries(inputs))) };
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
