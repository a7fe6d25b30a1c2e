// `dal-job/models`: what generated models import of Sequelize, so that an application's Sequelize and ours are one copy.
// Nothing is added to it. Loading this loads Sequelize; generated code therefore imports it when the app starts.
export { DataTypes, Model } from 'sequelize';
export type { Sequelize, Transaction } from 'sequelize';
