/** Bundles further files into a function's folder, beside its handler's own bundle. */

import { execFileSync } from 'node:child_process';
import { type BundlingOptions, LogLevel, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';

export const BUNDLING = {
  format: OutputFormat.ESM,
  target: 'node24',
  // esbuild leaves out what nobody imports of an ES module, and of a CommonJS one nothing.
  mainFields: ['module', 'main'],
  minify: true,
  logLevel: LogLevel.WARNING,
  sourceMap: true,
  sourcesContent: false,
  // The SDK that the lock file pins: what was tested is what runs, and it starts faster than the one Lambda brings.
  bundleAwsSDK: true,
  // CommonJS packages call `require` for Node's own modules, and an ES module has none.
  banner: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);",
} as const satisfies BundlingOptions;

/**
 * Each becomes a file of its own name, which ends in `.mjs`: who starts it finds it there.
 *
 * @param repository the folder that the files' paths start from
 */
export function bundleBeside(
  repository: string,
  files: readonly string[],
): Pick<BundlingOptions, 'commandHooks'> {
  return {
    commandHooks: {
      beforeBundling: () => [],
      beforeInstall: () => [],
      afterBundling: (_, outputFolder) => [
        [esbuild(repository), ...esbuildArguments(repository, files, outputFolder)].map(quoted).join(' '),
      ],
    },
  };
}

/**
 * The same at once, for a test or a measurement.
 *
 * @param metafile where esbuild is to write what the bundles are made of
 */
export function bundleInto(
  repository: string,
  files: readonly string[],
  outputFolder: string,
  metafile?: string,
): void {
  const told = metafile === undefined ? [] : [`--metafile=${metafile}`];
  const wanted = [...esbuildArguments(repository, files, outputFolder), ...told];
  execFileSync(esbuild(repository), wanted, { stdio: 'pipe', cwd: repository });
}

/** The one that the lock file pins. */
function esbuild(repository: string): string {
  return `${repository}node_modules/.bin/esbuild`;
}

function esbuildArguments(repository: string, files: readonly string[], outputFolder: string): string[] {
  return [
    ...files.map((file) => repository + file),
    `--outdir=${outputFolder}`,
    '--out-extension:.js=.mjs',
    '--bundle',
    '--platform=node',
    '--target=node24',
    '--format=esm',
    '--minify',
    '--log-level=warning',
  ];
}

/** For a shell, whatever the path of the repository holds. */
function quoted(argument: string): string {
  return `'${argument.replaceAll("'", "'\\''")}'`;
}
