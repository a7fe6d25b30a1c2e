// The shop's own tables, in the database that the jobs use too: products with their prices, and orders.
// Made before the first instance starts (setup.ts), or at the first use. All money is in cents.
import {
  type CreationOptional,
  DataTypes,
  type InferAttributes,
  type InferCreationAttributes,
  Model,
  type ModelStatic,
  type Sequelize,
} from 'sequelize';

export type OrderStatus = 'NEW' | 'PAID' | 'CLOSED' | 'SHIPPED' | 'LOST';
/** Cards are charged by a job, wallets when the order is placed; with a transfer, the money comes or does not. */
export type Payment = 'card' | 'wallet' | 'transfer';

export class Product extends Model<InferAttributes<Product>, InferCreationAttributes<Product>> {
  declare name: string;
  declare cents: number;
}

export class Order extends Model<InferAttributes<Order>, InferCreationAttributes<Order>> {
  declare id: CreationOptional<number>;
  declare product: string;
  declare cents: number;
  declare payment: Payment;
  declare status: CreationOptional<OrderStatus>;
  /** How often it was handed to the carrier. */
  declare attempts: CreationOptional<number>;
  /** dal-job's: which instance ships it. */
  declare claimKey: CreationOptional<string | null>;
  declare createdAt: CreationOptional<Date>;
  declare updatedAt: CreationOptional<Date>;
}

export interface Shop {
  readonly products: ModelStatic<Product>;
  readonly orders: ModelStatic<Order>;
}

const PRICE_LIST = [
  { name: 'coffee', cents: 320 },
  { name: 'lunch', cents: 1_150 },
  { name: 'book', cents: 2_490 },
  { name: 'lamp', cents: 5_900 },
] as const;

const shops = new WeakMap<Sequelize, Promise<Shop>>();

/** The shop's tables on this database. */
export function openShop(sequelize: Sequelize): Promise<Shop> {
  const known = shops.get(sequelize) ?? createShop(sequelize);
  shops.set(sequelize, known);
  known.catch(() => shops.delete(sequelize)); // the next run tries again
  return known;
}

async function createShop(sequelize: Sequelize): Promise<Shop> {
  const shop = { products: defineProducts(sequelize), orders: defineOrders(sequelize) };
  await shop.products.sync();
  await shop.orders.sync().catch(() => shop.orders.sync()); // another instance made the same index meanwhile: once more
  await shop.products.bulkCreate([...PRICE_LIST], { ignoreDuplicates: true });
  return shop;
}

function defineProducts(sequelize: Sequelize): ModelStatic<Product> {
  const columns = {
    name: { type: DataTypes.STRING(40), primaryKey: true },
    cents: { type: DataTypes.INTEGER, allowNull: false },
  };
  return Product.init(columns, { sequelize, tableName: 'shop_products', timestamps: false });
}

function defineOrders(sequelize: Sequelize): ModelStatic<Order> {
  const columns = {
    id: { type: DataTypes.INTEGER, primaryKey: true, autoIncrement: true },
    product: { type: DataTypes.STRING(40), allowNull: false },
    cents: { type: DataTypes.INTEGER, allowNull: false },
    payment: { type: DataTypes.STRING(10), allowNull: false },
    status: { type: DataTypes.STRING(10), allowNull: false, defaultValue: 'NEW' },
    attempts: { type: DataTypes.INTEGER, allowNull: false, defaultValue: 0 },
    claimKey: DataTypes.STRING(64),
    createdAt: DataTypes.DATE(3),
    updatedAt: DataTypes.DATE(3),
  };
  const indexes = [{ name: 'shop_orders_shipOrders', fields: ['claim_key', 'status', 'created_at'] }]; // of those to ship
  return Order.init(columns, { sequelize, tableName: 'shop_orders', underscored: true, indexes });
}
