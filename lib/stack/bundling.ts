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
  sourcemap: true,
  sourcesContent: false,
  // CommonJS packages call `require` for Node's own modules; an ES module does not have it.
  banner: {
    js: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);",
  },
} as const satisfies BuildOptions;

/** The source files of a function. Paths are relative to the root of the repository. */
export interface FunctionSources {
  /** Becomes `index.mjs`. */
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
  const inRepository = { absWorkingDir: repository };
  return [
    buildSync({ ...HANDLER, ...inRepository, entryPoints: [handler], outfile: join(folder, 'index.mjs') }),
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
