/** Bundles further files into a function's folder, beside its handler's own bundle. */
import { execFileSync } from 'node:child_process';
import type { BundlingOptions } from 'aws-cdk-lib/aws-lambda-nodejs';

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
