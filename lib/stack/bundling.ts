/** How esbuild bundles a handler, and the further files that its function starts as processes. */

import { execFileSync } from 'node:child_process';
import { type BundlingOptions, LogLevel, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs';

export const BUNDLING = {
  format: OutputFormat.ESM,
  target: 'node24',
  // esbuild removes unused exports of ES modules, but not of CommonJS modules.
  mainFields: ['module', 'main'],
  minify: true,
  logLevel: LogLevel.WARNING,
  sourceMap: true,
  sourcesContent: false,
  // Bundles the AWS SDK that the lock file pins. The tests ran with it, and it starts faster than Lambda's own copy.
  bundleAwsSDK: true,
  // CommonJS packages call `require` for Node's own modules; an ES module does not have it.
  banner: "import{createRequire as requireOf}from'node:module';const require=requireOf(import.meta.url);",
} as const satisfies BundlingOptions;

/**
 * Bundles each file into the function's folder, under its own name with the extension `.mjs`.
 *
 * @param repository the root of the repository; `files` are relative to it
 */
export function bundleSeparately(
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
 * Bundles the same way immediately, for a test or a measurement.
 *
 * @param metafile esbuild writes the contents of the bundles to this file
 */
export function bundleInto(
  repository: string,
  files: readonly string[],
  outputFolder: string,
  metafile?: string,
): void {
  const metafileOption = metafile === undefined ? [] : [`--metafile=${metafile}`];
  const esbuildOptions = [...esbuildArguments(repository, files, outputFolder), ...metafileOption];
  execFileSync(esbuild(repository), esbuildOptions, { stdio: 'pipe', cwd: repository });
}

/** The version that the lock file pins. */
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

/** Quotes for a shell: the path of the repository may contain any character. */
function quoted(argument: string): string {
  return `'${argument.replaceAll("'", "'\\''")}'`;
}
