// What an application that turns Sequelize's useCLS on hands to it: a namespace in the manner of cls-hooked, over Node's
// own AsyncLocalStorage. useCLS is for the whole process, so a test that turns it on must turn it off.
import { AsyncLocalStorage } from 'node:async_hooks';
import { Sequelize } from 'sequelize';

/** From now on queries of any Sequelize join the transaction around them. Returns what ends it. */
export function turnOnCls(): () => void {
  const storage = new AsyncLocalStorage<Map<string, unknown>>();
  const namespace = {
    get: (key: string) => storage.getStore()?.get(key),
    set: (key: string, value: unknown) => storage.getStore()?.set(key, value),
    run: (work: (context: unknown) => unknown) => storage.run(new Map(storage.getStore()), work, storage),
    bind: <T>(work: T) => work,
  };
  Sequelize.useCLS(namespace);
  return () => {
    delete (Sequelize as unknown as { _cls?: unknown })._cls;
  };
}
