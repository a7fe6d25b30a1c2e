// Columns of the names that Sequelize's models have members of: the generator's list against Sequelize itself.
import { expect } from 'chai';
import { DataTypes, Model, Sequelize } from 'sequelize';
import { MODEL_MEMBERS } from '../../../generator/emit/model-members.js';

class Row extends Model {}

/** As tsc sees them: one that the list lacks does not compile here. */
const known = (name: (typeof MODEL_MEMBERS)[number]): string => name;
const ofType = (name: keyof Model): string => known(name);

describe("the members of Sequelize's Model", () => {
  it('are all on the list', () => {
    const sequelize = new Sequelize('mysql://h/d');
    Row.init({ id: { type: DataTypes.INTEGER, primaryKey: true } }, { sequelize, timestamps: false });
    const chain = [Row.build({}), Row.prototype, Model.prototype];
    const names = chain.flatMap((one) => Object.getOwnPropertyNames(one)).filter((name) => name !== 'id');
    expect(names).to.include.members(['save', 'isNewRecord', 'constructor']);
    expect([...new Set(names)].filter((name) => !(MODEL_MEMBERS as readonly string[]).includes(name))).to.deep.equal(
      [],
    );
    expect(ofType('isNewRecord')).to.equal('isNewRecord');
  });
});
