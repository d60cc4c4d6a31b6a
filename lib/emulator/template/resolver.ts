/**
 * Resolves the CloudFormation intrinsic functions that the stack uses.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 */
import { z } from 'zod';
import { ACCOUNT_ID, type EmulatorAddresses, PARTITION, REGION, STACK_NAME } from '../account.ts';
import type { Resource } from './cloudformation.ts';
import { TemplateError } from './cloudformation.ts';
import { identityOf } from './identity.ts';

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::Region': REGION,
  'AWS::AccountId': ACCOUNT_ID,
  'AWS::Partition': PARTITION,
  'AWS::StackName': STACK_NAME,
  'AWS::URLSuffix': 'amazonaws.com',
};

const objectSchema = z.record(z.string(), z.unknown());
const getAttSchema = z.union([
  z.tuple([z.string(), z.string()]),
  z.string().transform((dotted): [string, string] => {
    const dot = dotted.indexOf('.');
    return [dotted.slice(0, dot), dotted.slice(dot + 1)];
  }),
]);
const joinSchema = z.tuple([z.string(), z.array(z.unknown())]);
const subSchema = z.union([
  z.string().transform((text) => ({ text, variables: {} })),
  z.tuple([z.string(), objectSchema]).transform(([text, variables]) => ({ text, variables })),
]);

export class Resolver {
  readonly #resources: Readonly<Record<string, Resource>>;
  readonly #addresses: EmulatorAddresses;

  constructor(resources: Readonly<Record<string, Resource>>, addresses: EmulatorAddresses) {
    this.#resources = resources;
    this.#addresses = addresses;
  }

  /**
   * Replaces every intrinsic in the value by its result.
   * @param where names the value's owner in an error: `EventsQueue (AWS::SQS::Queue), property RedrivePolicy`
   * @throws {TemplateError} naming an unknown intrinsic or reference
   */
  resolve(value: unknown, where: string): unknown {
    if (Array.isArray(value)) return value.map((item) => this.resolve(item, where));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value);
    const [only] = entries;
    if (only !== undefined && entries.length === 1 && isIntrinsic(only[0])) {
      return this.#evaluate(only[0], only[1], where);
    }
    return Object.fromEntries(entries.map(([key, part]) => [key, this.resolve(part, where)]));
  }

  #evaluate(intrinsic: string, argument: unknown, where: string): string {
    switch (intrinsic) {
      case 'Ref':
        return this.#ref(parse(z.string(), argument, intrinsic, where), where);
      case 'Fn::GetAtt':
        return this.#getAtt(...parse(getAttSchema, argument, intrinsic, where), where);
      case 'Fn::Join': {
        const [separator, parts] = parse(joinSchema, argument, intrinsic, where);
        return parts.map((part) => this.#text(part, intrinsic, where)).join(separator);
      }
      case 'Fn::Sub': {
        const { text, variables } = parse(subSchema, argument, intrinsic, where);
        return this.#substitute(text, variables, where);
      }
      default:
        throw new TemplateError(`${where}: the emulator does not know the intrinsic ${intrinsic}`);
    }
  }

  #ref(name: string, where: string): string {
    const pseudo = PSEUDO_PARAMETERS[name];
    return pseudo ?? this.#identity(name, where).ref;
  }

  #getAtt(logicalId: string, attribute: string, where: string): string {
    const value = this.#identity(logicalId, where).attributes[attribute];
    if (value === undefined) {
      throw new TemplateError(
        `${where}: ${logicalId} has no attribute ${attribute} that the emulator knows (Fn::GetAtt)`,
      );
    }
    return value;
  }

  /** `${!Name}` stands for a literal `${Name}`. */
  #substitute(text: string, variables: Readonly<Record<string, unknown>>, where: string): string {
    return text.replaceAll(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (Object.hasOwn(variables, name)) return this.#text(variables[name], 'Fn::Sub', where);
      const dot = name.indexOf('.');
      return dot === -1
        ? this.#ref(name, where)
        : this.#getAtt(name.slice(0, dot), name.slice(dot + 1), where);
    });
  }

  #text(value: unknown, intrinsic: string, where: string): string {
    return parse(z.union([z.string(), z.coerce.string()]), this.resolve(value, where), intrinsic, where);
  }

  #identity(logicalId: string, where: string) {
    const resource = this.#resources[logicalId];
    if (resource === undefined) {
      throw new TemplateError(`${where}: refers to ${logicalId}, which is no resource of the template`);
    }
    const identity = identityOf(logicalId, resource, this.#addresses);
    if (identity === undefined) {
      throw new TemplateError(
        `${where}: refers to ${logicalId}, and nothing on this machine stands for ${resource.Type}`,
      );
    }
    return identity;
  }
}

function isIntrinsic(key: string): boolean {
  return key === 'Ref' || key === 'Condition' || key.startsWith('Fn::');
}

function parse<Value>(schema: z.ZodType<Value>, argument: unknown, intrinsic: string, where: string): Value {
  const parsed = schema.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw new TemplateError(`${where}: the emulator does not understand this form of ${intrinsic}`);
}
