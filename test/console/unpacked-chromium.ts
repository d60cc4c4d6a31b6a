/**
 * Unpacks the Chromium from npm once per machine. Several workers may start at once, and a run may be interrupted: each
 * unpacks into a folder of its own and renames it.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import packageJson from '../../package.json' with { type: 'json' };

const FOLDER = join(tmpdir(), `sensaria-chromium-${packageJson.devDependencies['@sparticuz/chromium']}`);

/** The fonts of the package have letters only, and no signs. */
const SYSTEM_FONTS = '/etc/fonts/fonts.conf';

export interface UnpackedChromium {
  readonly executablePath: string;
  /** Its own libraries and fonts: a small machine has none. */
  readonly env: Readonly<Record<string, string>>;
}

export async function unpackedChromium(): Promise<UnpackedChromium> {
  if (!existsSync(FOLDER)) await unpack();
  return {
    executablePath: join(FOLDER, 'chromium'),
    env: {
      ...definedOf(process.env),
      LD_LIBRARY_PATH: join(FOLDER, 'al2023/lib'),
      ...(!existsSync(SYSTEM_FONTS) && { FONTCONFIG_PATH: join(FOLDER, 'fonts') }),
    },
  };
}

async function unpack(): Promise<void> {
  const staging = await mkdtemp(`${FOLDER}-`);
  // The package unpacks into the folder for temporary files.
  const env = { ...process.env, TMPDIR: staging };
  await promisify(execFile)(
    process.execPath,
    [fileURLToPath(new URL('./unpack-chromium.ts', import.meta.url))],
    { env },
  );
  try {
    await rename(staging, FOLDER);
  } catch (error) {
    await rm(staging, { recursive: true });
    // Another worker was faster.
    if (!existsSync(FOLDER)) throw error;
  }
}

function definedOf(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
