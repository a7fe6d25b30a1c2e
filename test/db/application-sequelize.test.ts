// The application's Sequelize over our drivers: models, times, errors, transactions, in the same way on every dialect.
import { expect } from 'chai';
import {
  DataTypes,
  ForeignKeyConstraintError,
  Model,
  type ModelStatic,
  type Sequelize,
  UniqueConstraintError,
} from 'sequelize';
import type { Database } from '../../runtime/db/database.js';
import { openDatabase } from '../../runtime/db/open.js';
import { eachDatabase } from '../support/databases.js';

eachDatabase(
  (test) => {
    let database: Database;
    let sequelize: Sequelize;
    let Order: ModelStatic<Model>;
    let Line: ModelStatic<Model>;

    beforeEach(async () => {
      database = await openDatabase({ url: test.url, tablePrefix: '' });
      sequelize = database.sequelize;
      class OrderModel extends Model {}
      class LineModel extends Model {}
      Order = OrderModel.init(
        {
          id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
          code: { type: DataTypes.STRING(50), unique: true },
          paid: DataTypes.BOOLEAN,
          total: DataTypes.BIGINT,
          at: DataTypes.DATE(3),
          blob: DataTypes.BLOB,
          extra: DataTypes.JSON,
        },
        { sequelize, modelName: 'shop_order', timestamps: false },
      );
      Line = LineModel.init(
        {
          id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
          order_id: { type: DataTypes.INTEGER, references: { model: Order, key: 'id' } },
        },
        { sequelize, modelName: 'shop_line', timestamps: false },
      );
      await sequelize.sync({ force: true });
    });
    afterEach(async () => {
      await sequelize.drop();
      await database.close();
    });

    it('is one and the same each time it is asked for', () => {
      expect(database.sequelize).to.equal(sequelize);
    });

    it('writes and reads numbers, texts, booleans, times, blobs and JSON', async () => {
      const at = new Date('2026-10-25T00:30:00.123Z');
      const blob = Buffer.from([0, 1, 255]);
      const written = await Order.create({
        code: '5',
        paid: true,
        total: 1_700_000_000_000,
        at,
        blob,
        extra: { a: [1] },
      });
      expect(written.get('id')).to.equal(1);
      const read = await Order.findOne({ where: { paid: true } });
      const { total, extra, ...row } = read?.get({ plain: true }) ?? {};
      expect(row).to.deep.equal({ id: 1, code: '5', paid: true, at, blob });
      expect(Number(total)).to.equal(1_700_000_000_000);
      expect(typeof extra === 'string' ? JSON.parse(extra) : extra).to.deep.equal({ a: [1] });
    });

    it('counts updated and deleted rows, and gives ids of several rows', async () => {
      await Order.bulkCreate([{ code: 'a' }, { code: 'b' }, { code: 'c' }]);
      expect(await Order.update({ paid: true }, { where: { code: ['a', 'b'] } })).to.deep.equal([2]);
      expect(await Order.count({ where: { paid: true } })).to.equal(2);
      expect(await Order.destroy({ where: { paid: true } })).to.equal(2);
      expect((await Order.findAll()).map((order) => order.get('id'))).to.deep.equal([3]);
    });

    it('throws a UniqueConstraintError that names the field', async () => {
      await Order.create({ code: 'a' });
      const error = await Order.create({ code: 'a' }).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(UniqueConstraintError);
      expect((error as UniqueConstraintError).errors.map(({ path }) => path)).to.deep.equal(['code']);
    });

    it('throws a ForeignKeyConstraintError', async () => {
      const error = await Line.create({ order_id: 99 }).catch((reason: unknown) => reason);
      expect(error).to.be.instanceOf(ForeignKeyConstraintError);
    });

    it('takes bind parameters by name and by number, and replacements', async () => {
      await Order.create({ code: 'a', paid: false });
      const sql = (where: string) => `SELECT id FROM ${Order.getTableName()} WHERE ${where}`;
      const one = async (promise: Promise<[unknown[], unknown]>) => (await promise)[0];
      expect(await one(sequelize.query(sql('code = $code'), { bind: { code: 'a' } }))).to.deep.equal([{ id: 1 }]);
      expect(await one(sequelize.query(sql('id = $2 AND code = $1'), { bind: ['a', 1] }))).to.deep.equal([{ id: 1 }]);
      expect(await one(sequelize.query(sql('paid = $1'), { bind: [false] }))).to.deep.equal([{ id: 1 }]);
      expect(await one(sequelize.query(sql('code = ?'), { replacements: ['a'] }))).to.deep.equal([{ id: 1 }]);
    });

    it('undoes a transaction that is rolled back, and a savepoint inside one that is kept', async () => {
      await sequelize.transaction(async (transaction) => {
        await Order.create({ code: 'kept' }, { transaction });
        const inner = await sequelize.transaction({ transaction });
        await Order.create({ code: 'undone' }, { transaction: inner });
        await inner.rollback();
      });
      const lost = sequelize.transaction(async (transaction) => {
        await Order.create({ code: 'lost' }, { transaction });
        throw new Error('no');
      });
      expect(await lost.catch((error: Error) => error.message)).to.equal('no');
      expect((await Order.findAll()).map((order) => order.get('code'))).to.deep.equal(['kept']);
    });

    it('runs many transactions at once', async () => {
      await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          sequelize.transaction(async (transaction) => {
            await Order.create({ code: `c${i}` }, { transaction });
            await Order.update({ total: i }, { where: { code: `c${i}` }, transaction });
          }),
        ),
      );
      expect(await Order.count()).to.equal(30);
    });
  },
  { dialects: ['memory', 'sqlite', 'mariadb', 'mysql'] },
);
