/** Teaches dynalite to say which row did not meet a condition. It drops `ReturnValuesOnConditionCheckFailure`. */
import db from 'dynalite/db/index.js';
import { types } from 'dynalite/validations/updateItem.js';

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html */
export function returnRowsOnConditionFailure(): void {
  types.ReturnValuesOnConditionCheckFailure = { type: 'String', enum: ['ALL_OLD', 'NONE'] };
  const check = db.checkConditional;
  db.checkConditional = (request, row) => {
    const failure = check(request, row);
    if (failure && row !== undefined && request.ReturnValuesOnConditionCheckFailure === 'ALL_OLD')
      failure.body.Item = row;
    return failure;
  };
}
