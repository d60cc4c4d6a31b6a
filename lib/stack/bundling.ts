/** How a handler's source becomes the one file that Lambda runs. */
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
