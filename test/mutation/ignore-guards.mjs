/**
 * A plugin for Stryker: `moment !== undefined` before `moment > now` is not mutated by itself. The check is there for
 * TypeScript: a comparison with undefined is false in any case. Both together are still mutated.
 */
import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

const COMPARISONS = ['<', '<=', '>', '>='];

/** True for the check in `retryAt !== undefined && retryAt > now`. */
function isGuard({ node, parentPath }) {
  if (node.type !== 'BinaryExpression' || node.operator !== '!==' || node.right.name !== 'undefined')
    return false;
  const next = nextCondition(node, parentPath);
  if (next?.type !== 'BinaryExpression' || !COMPARISONS.includes(next.operator)) return false;
  return isSame(node.left, next.left) || isSame(node.left, next.right);
}

/** The condition after `node` in `one && node && next`, which is parsed as `(one && node) && next`. */
function nextCondition(node, parentPath) {
  const parent = parentPath.node;
  if (!isAnd(parent)) return undefined;
  if (parent.left === node) return parent.right;
  const outer = parentPath.parentPath.node;
  return isAnd(outer) && outer.left === parent ? outer.right : undefined;
}

function isAnd(node) {
  return node.type === 'LogicalExpression' && node.operator === '&&';
}

/** True for the same variable, or the same property of the same variable. */
function isSame(one, other) {
  if (one.type !== other.type) return false;
  if (one.type === 'Identifier') return one.name === other.name;
  if (one.type !== 'MemberExpression' || one.computed || other.computed) return false;
  return one.property.name === other.property.name && isSame(one.object, other.object);
}

export const strykerPlugins = [
  declareValuePlugin(PluginKind.Ignore, 'guards', {
    shouldIgnore(path) {
      return isGuard(path) ? 'a comparison with undefined is false' : undefined;
    },
  }),
];
