/** Starts the embedded DynamoDB: dynoxide where npm has installed it, dynalite elsewhere. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DataFolderError } from '../../node/data-folder.ts';
import { dynoxideProgram, startDynoxide } from './dynoxide.ts';
import type { Engine } from './engine.ts';
import { startEngineThread } from './engine-thread.ts';

export type DynamoDbEngine = 'dynalite' | 'dynoxide';

const DYNALITE_FOLDER = 'dynamodb';
const DYNOXIDE_FILE = 'dynamodb.sqlite';

/**
 * @param dataDir without it, all data is in memory
 * @param asked without it, the engine whose data is in the folder, or the faster one
 * @throws {DataFolderError} when the folder has the data of another engine than the one asked for, or of one that is
 * not installed
 */
export async function startDynamoDb(
  dataDir: string | undefined,
  asked: DynamoDbEngine | undefined,
): Promise<Engine> {
  const program = dynoxideProgram();
  const found = dataDir === undefined ? undefined : engineOf(dataDir);
  if (asked !== undefined && found !== undefined && asked !== found)
    throw new DataFolderError(
      `The tables in ${dataDir} were written by ${found}, and ${asked} cannot read them. Use another data folder.`,
    );
  if (
    (asked ?? found) === 'dynalite' ||
    (asked === undefined && found === undefined && program === undefined)
  )
    return startEngineThread(
      new URL('./dynalite-thread.ts', import.meta.url),
      dataDir === undefined ? undefined : join(dataDir, DYNALITE_FOLDER),
    );
  if (program === undefined)
    throw new DataFolderError(
      `${dataDir ?? 'The relay'} needs the package @dynoxide/linux-x64, which is not installed. Run npm install on ` +
        'Linux on x64, or use another data folder.',
    );
  return startDynoxide(program, dataDir === undefined ? undefined : join(dataDir, DYNOXIDE_FILE));
}

function engineOf(dataDir: string): DynamoDbEngine | undefined {
  if (existsSync(join(dataDir, DYNALITE_FOLDER))) return 'dynalite';
  return existsSync(join(dataDir, DYNOXIDE_FILE)) ? 'dynoxide' : undefined;
}
