// What a failed statement is taken for, which servers are refused, and the helpers below them.
import { expect } from 'chai';
import { within } from '../../../runtime/db/deadline.js';
import { checkVersion } from '../../../runtime/db/detect.js';
import { classify, DatabaseError } from '../../../runtime/db/errors.js';
import { Permits } from '../../../runtime/db/permits.js';
import { checkValues } from '../../../runtime/db/values.js';

const driverError = (fields: object) => Object.assign(new Error('it failed'), fields);

describe('a failed statement', () => {
  for (const [kind, errors] of Object.entries({
    repeat: [{ errno: 1213 }, { errno: 1020 }, { errno: 1205 }, { errno: 3572 }],
    reconnect: [
      ...[1290, 1792, 1836, 1047, 1053, 1040, 1203, 1317, 1927, 4031].map((errno) => ({ errno })),
      { errno: 1064, fatal: true },
      { errno: -111, code: 'ECONNREFUSED' },
      { code: 'PROTOCOL_CONNECTION_LOST', fatal: true },
      { code: 'PROTOCOL_SEQUENCE_TIMEOUT' },
      {},
      { code: 'SQLITE_BUSY' },
      { code: 'SQLITE_BUSY_SNAPSHOT' },
      { code: 'SQLITE_IOERR_WRITE' },
    ],
    duplicate: [{ errno: 1062 }, { code: 'SQLITE_CONSTRAINT_UNIQUE' }, { code: 'SQLITE_CONSTRAINT_PRIMARYKEY' }],
    bug: [{ errno: 1064 }, { errno: 1048 }, { code: 'SQLITE_ERROR' }, { code: 'SQLITE_CONSTRAINT_NOTNULL' }],
  })) {
    for (const fields of errors) {
      it(`is of kind ${kind} with ${JSON.stringify(fields)}`, () => {
        expect(classify(driverError(fields)).kind).to.equal(kind);
      });
    }
  }

  it('is a bug when it is our own TypeError', () => {
    expect(classify(new TypeError('x is not a function')).kind).to.equal('bug');
  });

  it('says its number, and stays as it is when classified again', () => {
    const error = classify(driverError({ errno: 1213 }));
    expect(error).to.include({ reason: 1213, message: 'it failed (1213)', commitUnknown: false });
    expect(classify(error)).to.equal(error);
  });

  it('does not carry the statement and its values', () => {
    const error = classify(driverError({ errno: 1064, sql: "INSERT … 'secret'", parameters: ['secret'] }));
    expect(JSON.stringify([error, error.cause])).not.to.include('secret');
  });
});

describe('a server', () => {
  for (const [version, kind] of [
    ['8.0.1', 'mysql'],
    ['8.0.36-0ubuntu0.22.04.1', 'mysql'],
    ['9.7.4', 'mysql'],
    ['10.6.0-MariaDB', 'mariadb'],
    ['10.11.19-MariaDB-0+deb12u1', 'mariadb'],
    ['5.5.5-10.11.6-MariaDB-log', 'mariadb'],
    ['12.0.2-MariaDB', 'mariadb'],
  ] as const) {
    it(`of version ${version} is ${kind}`, () => {
      expect(checkVersion(version)).to.equal(kind);
    });
  }

  for (const version of ['8.0.0', '5.7.44', '10.5.29-MariaDB', '5.5.5-10.3.39-MariaDB', '5.7.25-TiDB-v7.1.0', '']) {
    it(`of version "${version}" is refused`, () => {
      expect(() => checkVersion(version))
        .to.throw('at least')
        .with.property('code', 'DJ2004');
    });
  }
});

describe('placeholder values', () => {
  it('pass when they are as many as the placeholders outside of quotes', () => {
    checkValues(`SELECT '?', "?", \`?\`, 'it''s ?' WHERE a = ? AND b<?`, ['x', null]);
  });

  for (const [values, problem] of [
    [[1], '2 placeholders, 1 values'],
    [[1, 2, 3], '2 placeholders, 3 values'],
    [[1, Number.NaN], 'value 2'],
    [[undefined, 1], 'value 1'],
    [[true, 1], 'value 1'],
    [[{ toString: () => 'x' }, 1], 'value 1'],
    [[new Date(), 1], 'value 1'],
  ] as const) {
    it(`are a bug when they are ${JSON.stringify(values)} for two`, () => {
      const call = () => checkValues('SELECT ?, ?', values as never);
      expect(call).to.throw(DatabaseError, problem).with.property('kind', 'bug');
    });
  }
});

describe('permits', () => {
  it('go to those who wait, first come first served', async () => {
    const permits = new Permits(1);
    const order: string[] = [];
    expect(permits.tryTake()).to.equal(true);
    const waiting = ['a', 'b'].map((name) => permits.take(10_000).then(() => order.push(name)));
    expect(permits.tryTake()).to.equal(false);
    permits.give();
    permits.give();
    await Promise.all(waiting);
    expect(order).to.deep.equal(['a', 'b']);
  });

  it('do not go to one who has stopped waiting', async () => {
    const permits = new Permits(1);
    permits.tryTake();
    expect(await permits.take(1)).to.equal(false);
    permits.give();
    expect(permits.tryTake()).to.equal(true);
  });
});

describe('a deadline', () => {
  it('rejects although the promise never settles, and gives up once', async () => {
    let givenUp = 0;
    const never = within({ what: 'x', limitMs: 5, start: () => new Promise(() => {}), giveUp: () => givenUp++ });
    const error = await never.then(
      () => undefined,
      (reason: unknown) => classify(reason),
    );
    expect(error).to.include({ kind: 'reconnect', reason: 'PROTOCOL_SEQUENCE_TIMEOUT' });
    expect(givenUp).to.equal(1);
  });

  it('lets the answer win that came in while the event loop was blocked', async () => {
    const answer = () =>
      new Promise<string>((resolve) => {
        setTimeout(() => setImmediate(() => resolve('answer')), 1);
      });
    const promise = within({ what: 'x', limitMs: 20, start: answer, giveUp: () => {} });
    const until = performance.now() + 60;
    while (performance.now() < until);
    expect(await promise).to.equal('answer');
  });
});
