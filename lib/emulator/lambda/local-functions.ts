/** Runs all functions of the template. */
import { resolve } from 'node:path';
import { awaitAll } from '../../relay/model/await-all.ts';
import type { HandlerLog } from '../handler-log.ts';
import { TemplateError } from '../template/cloudformation.ts';
import type { Template } from '../template/read-template.ts';
import { LocalFunction } from './local-function.ts';

export interface LocalFunctionsOptions {
  /** The handlers' paths are relative to this folder. */
  readonly root: string;
  /** Variables for every function, beside those of the template. */
  readonly environment: Readonly<Record<string, string>>;
  /** The maximum concurrency of a function without an event source mapping. */
  readonly concurrency: number;
  readonly log: HandlerLog;
}

export class LocalFunctions {
  readonly #byName: ReadonlyMap<string, LocalFunction>;

  constructor(
    { functions, mappings }: Template,
    { root, environment, concurrency, log }: LocalFunctionsOptions,
  ) {
    this.#byName = new Map(
      functions.map(({ handlerFile, ...definition }) => {
        const mapping = mappings.find(({ functionName }) => refersTo(functionName, definition.name));
        const settings = {
          ...definition,
          handlerFile: resolve(root, handlerFile),
          environment: { ...environment, ...definition.environment },
        };
        const limits = {
          concurrency: mapping?.maximumConcurrency ?? concurrency,
          writeLine: (line: string) => log(definition.name, line),
        };
        return [definition.name, new LocalFunction(settings, limits)];
      }),
    );
  }

  /** @throws {TemplateError} when the template has no such function */
  find(nameOrArn: string): LocalFunction {
    for (const [name, found] of this.#byName) if (refersTo(nameOrArn, name)) return found;
    throw new TemplateError(`The template has no function ${nameOrArn}`);
  }

  /** Waits for running invocations until the limit, then ends all environments. */
  async stop(limit: AbortSignal): Promise<void> {
    await awaitAll([...this.#byName.values()].map((one) => one.stop(limit)));
  }
}

function refersTo(nameOrArn: string, name: string): boolean {
  return nameOrArn === name || nameOrArn.endsWith(`:function:${name}`);
}
