/** The thread of {@link callInThread}. */
import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';

const { module, exportName } = z
  .strictObject({ module: z.string(), exportName: z.string() })
  .parse(workerData);

const exported: unknown = await import(module);
const call = z
  .custom<() => unknown>((value) => typeof value === 'function', `${exportName} is no exported function`)
  .parse(Reflect.get(Object(exported), exportName));
parentPort?.postMessage(await call());
