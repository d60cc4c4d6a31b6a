/** Bundles a function with esbuild's JavaScript API: no shell, so the path of the repository may contain anything. */
import { join } from 'node:path';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';

const SHARED = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  // esbuild removes unused exports of ES modules, but not of CommonJS modules.
  mainFields: ['module', 'main'],
  minify: true,
  logLevel: 'warning',
  outExtension: { '.js': '.mjs' },
  metafile: true,
} as const satisfies BuildOptions;

const HANDLER = {
  ...SHARED,
  // A dynamic import becomes a file of its own, which a function loads on first use.
  splitting: true,
  sourcemap: true,
  sourcesContent: false,
  // CommonJS packages call `require` for Node's own modules; an ES module does not have it.
  banner: {
    js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);",
  },
} as const satisfies BuildOptions;

/**
 * Packages that a function does not need, and the file that takes the place of each. A path is relative to the root of
 * the repository. The CLI and the emulator are not bundled, so they keep the packages.
 */
const REPLACED = { '@aws-sdk/credential-provider-node': 'lib/aws/lambda/environment-credentials.ts' };

/** The source files of a function. Paths are relative to the root of the repository. */
export interface FunctionSources {
  /** Becomes `index.mjs`, and the files that it imports. */
  readonly handler: string;
  /** Files that the function starts as processes. Each becomes a bundle under its own name, beside the handler. */
  readonly processes?: readonly string[];
}

/**
 * Bundles a function into a folder. The bundle contains the AWS SDK that the lock file pins: the tests ran with it, and
 * it starts faster than Lambda's own copy.
 *
 * @returns what each bundle contains
 */
export function bundleFunction(
  repository: string,
  { handler, processes = [] }: FunctionSources,
  folder: string,
): Metafile[] {
  const alias = Object.fromEntries(
    Object.entries(REPLACED).map(([name, file]) => [name, join(repository, file)]),
  );
  return [
    buildSync({
      ...HANDLER,
      absWorkingDir: repository,
      alias,
      entryPoints: { index: handler },
      outdir: folder,
    }),
    ...(processes.length === 0 ? [] : [bundleProcesses(repository, processes, folder)]),
  ].map(({ metafile }) => metafile);
}

/** Bundles each file into the folder, under its own name with the extension `.mjs`. */
export function bundleProcesses(repository: string, files: readonly string[], folder: string) {
  return buildSync({ ...SHARED, absWorkingDir: repository, entryPoints: [...files], outdir: folder });
}

/** The code of a function, bundled at synthesis. `aws:cdk:bundling-stacks` of the context can skip that. */
export function bundledCode(repository: string, sources: FunctionSources): Code {
  return Code.fromAsset(join(repository, 'lambdas'), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never started: the local bundling below always succeeds, or throws.
      image: DockerImage.fromRegistry('none'),
      // The CDK bundles once for all assets with the same options, so these must differ from function to function.
      command: [sources.handler, ...(sources.processes ?? [])],
      local: {
        tryBundle(outputFolder) {
          bundleFunction(repository, sources, outputFolder);
          return true;
        },
      },
    },
  });
}
