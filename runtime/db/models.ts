// What `dal-job/models` exports: the parts of Sequelize that generated models are made of, so that those models, the
// application's Sequelize and ours are one copy. Nothing else belongs here.
import { createRequire } from 'node:module';
import type * as Sequelize6 from 'sequelize';

export type {
  CreationOptional,
  InferAttributes,
  InferCreationAttributes,
  ModelAttributes,
  ModelStatic,
  NonAttribute,
  Sequelize,
  Transaction,
} from 'sequelize';

// Not by `import`: that reads all of a CommonJS package once more for the names in it, a tenth of the start.
const { DataTypes: dataTypes, Model: model } = createRequire(import.meta.url)('sequelize') as typeof Sequelize6;
export const DataTypes: typeof Sequelize6.DataTypes = dataTypes;
export const Model: typeof Sequelize6.Model = model;
// biome-ignore lint/suspicious/noExplicitAny: as Sequelize declares it
export type Model<Attributes extends {} = any, Creation extends {} = Attributes> = Sequelize6.Model<
  Attributes,
  Creation
>;
