// What every model of Sequelize has already. A column of such a name cannot be a member of its class: tsc refuses the
// declaration, or takes `row.save` for a column that hides the method, while Sequelize itself keeps its own member
// and leaves the column to `row.getDataValue('save')`. So generated classes do not declare it. The list is here because the
// generator does not load Sequelize; a test holds it against Sequelize's own class, as it runs and as tsc sees it.

export const MODEL_MEMBERS = [
  ...['_attributes', '_changed', '_creationAttributes', '_customGetters', '_customSetters', '_hasCustomGetters'],
  ...['_hasCustomSetters', '_initValues', '_isAttribute', '_model', '_options', '_previousDataValues', '_setInclude'],
  ...['_setupHooks', 'addHook', 'changed', 'constructor', 'dataValues', 'decrement', 'destroy', 'equals'],
  ...['equalsOneOf', 'get', 'getDataValue', 'hasHook', 'hasHooks', 'increment', 'isNewRecord', 'isSoftDeleted'],
  ...['previous', 'rawAttributes', 'reload', 'removeHook', 'restore', 'runHooks', 'save', 'sequelize', 'set'],
  ...['setAttributes', 'setDataValue', 'setValidators', 'toJSON', 'toString', 'uniqno', 'update', 'validate'],
  ...['validators', 'where'],
] as const;

/** Whether Sequelize has a member of the column's name. */
export function isModelMember(column: string): boolean {
  return (MODEL_MEMBERS as readonly string[]).includes(column);
}
