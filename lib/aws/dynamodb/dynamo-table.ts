/** One DynamoDB table. Methods reject with StoreError, and return false for an unmet condition. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  type QueryCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { RowRefusedError, StoreError } from '../../relay/ports/event-log.ts';
import type { Row } from '../../relay/rows/attributes.ts';
import type { Update } from './update-expression.ts';

/** A condition for a write. Its placeholders must differ from the placeholders of the update. */
export interface Condition {
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, unknown>>;
}

/**
 * In every method, `what` describes the call for the message of a StoreError. It must contain no value of a row.
 *
 * A method may return false although its own write succeeded: when the answer is lost, the SDK repeats the call, and
 * the second attempt finds the first attempt's write.
 */
export class DynamoTable {
  readonly #client: DynamoDBDocumentClient;
  readonly #name: string;

  constructor(client: DynamoDBDocumentClient, name: string) {
    this.#client = client;
    this.#name = name;
  }

  /** Consistent. */
  async get(what: string, key: Row): Promise<Row | undefined> {
    const command = new GetCommand({ TableName: this.#name, Key: key, ConsistentRead: true });
    return (await storeCall(what, this.#client.send(command))).Item;
  }

  async put(what: string, row: Row): Promise<void> {
    await storeCall(what, this.#client.send(new PutCommand({ TableName: this.#name, Item: withMaps(row) })));
  }

  /** False when a row with this key exists. */
  async putIfAbsent(what: string, row: Row, keyAttribute: string): Promise<boolean> {
    const command = new PutCommand({
      TableName: this.#name,
      Item: withMaps(row),
      ConditionExpression: 'attribute_not_exists(#key)',
      ExpressionAttributeNames: { '#key': keyAttribute },
    });
    return conditionalCall(what, this.#client.send(command));
  }

  /** False, without a write, when the row does not meet the condition. */
  async updateIf(what: string, key: Row, condition: Condition, update: Update): Promise<boolean> {
    const values = withMaps({ ...update.values, ...condition.values });
    const command = new UpdateCommand({
      TableName: this.#name,
      Key: key,
      UpdateExpression: update.expression,
      ConditionExpression: condition.expression,
      ExpressionAttributeNames: { ...update.names, ...condition.names },
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    });
    return conditionalCall(what, this.#client.send(command));
  }

  /** False, without a deletion, when the row does not meet the condition. */
  async deleteIf(what: string, key: Row, { expression, names, values = {} }: Condition): Promise<boolean> {
    const command = new DeleteCommand({
      TableName: this.#name,
      Key: key,
      ConditionExpression: expression,
      ...(names && { ExpressionAttributeNames: names }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
    });
    return conditionalCall(what, this.#client.send(command));
  }

  /**
   * A query's rows, page by page, fetched on demand.
   * @param pageSizes rows per page, the last number for all further pages; by default a page holds 1 MB
   */
  async *pages(
    what: string,
    query: Omit<QueryCommandInput, 'TableName'>,
    pageSizes: readonly number[] = [],
  ): AsyncGenerator<Row[], void, undefined> {
    let from: QueryCommandInput['ExclusiveStartKey'];
    for (let page = 0; page === 0 || from !== undefined; page++) {
      const limit = pageSizes[page] ?? pageSizes.at(-1);
      const input = { ...query, TableName: this.#name, ExclusiveStartKey: from, Limit: limit };
      const output = await storeCall(what, this.#client.send(new QueryCommand(input)));
      from = output.LastEvaluatedKey;
      yield output.Items ?? [];
    }
  }
}

/** Replaces nested objects by maps. The SDK rejects an object that has a member `constructor`, such as a header. */
function withMaps(row: Row): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asMap(value)]));
}

function asMap(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asMap);
  const isObject = typeof value === 'object' && value !== null;
  if (!isObject || value instanceof Uint8Array || value instanceof Set) return value;
  return new Map(Object.entries(value).map(([name, part]) => [name, asMap(part)]));
}

async function storeCall<Output>(what: string, call: Promise<Output>): Promise<Output> {
  try {
    return await call;
  } catch (cause) {
    const name = cause instanceof Error ? cause.name : 'unknown error';
    const isRefused = name === 'ValidationException';
    throw new (isRefused ? RowRefusedError : StoreError)(`${what} failed: ${name}`, { cause });
  }
}

async function conditionalCall(what: string, call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    return storeCall(what, Promise.reject(error));
  }
}
