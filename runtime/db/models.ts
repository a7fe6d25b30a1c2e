// What `dal-job/models` exports: the parts of Sequelize that generated models are made of, so that those models, the
// application's Sequelize and ours are one copy. Nothing else belongs here.
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
export { DataTypes, Model } from 'sequelize';
