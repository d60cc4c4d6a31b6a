/** A plugin for Stryker: texts for people, in the log and in errors, are not mutated. Tests check behaviour, not wording. */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

const LOG_METHODS = ['info', 'warn', 'error'];

/** True for `telemetry.warn(…)`, `this.#telemetry.warn(…)` and `context.telemetry.warn(…)`. */
function isLogCall({ node }) {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return false;
  const { object, property } = node.callee;
  const receiver = object.type === 'MemberExpression' ? object.property : object;
  const name = receiver.type === 'PrivateName' ? receiver.id.name : receiver.name;
  return name === 'telemetry' && LOG_METHODS.includes(property.name);
}

/** True for `new StoreError(…)`. */
function isNewError({ node }) {
  return node.type === 'NewExpression' && /Error$/.test(node.callee.name ?? '');
}

/** True for the text in `within(clock, limitMs, 'storing the event', promise)`: it goes into the error of a timeout. */
function isTimeoutText({ node, parent }) {
  return (
    node.type === 'StringLiteral' && parent?.type === 'CallExpression' && parent.callee.name === 'within'
  );
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'texts', {
    shouldIgnore(path) {
      if (isLogCall(path)) return 'a log line';
      return isNewError(path) || isTimeoutText(path) ? 'the text of an error' : undefined;
    },
  }),
];
