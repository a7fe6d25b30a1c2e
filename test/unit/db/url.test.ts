// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the very thing that is tested here
// Database URLs: what is read from them, what is refused, and that no message holds a password.
import { resolve } from 'node:path';
import { expect } from 'chai';
import { describeUrl, interpolate, parseUrl } from '../../../runtime/db/url.js';
import { DalJobError } from '../../../runtime/errors.js';

const SECRET = 'hunter2';

describe('database URL', () => {
  it('reads user, password, host, port and database, percent-decoded', () => {
    expect(parseUrl('mysql://me:p%40ss%2Fw@db.local:3307/my%20shop')).to.deep.equal({
      kind: 'server',
      host: 'db.local',
      port: 3307,
      user: 'me',
      password: 'p@ss/w',
      database: 'my shop',
    });
  });

  it('takes mariadb:// for mysql://, port 3306 by default, and an IPv6 host without its brackets', () => {
    expect(parseUrl('mariadb://me@[::1]/shop')).to.include({ host: '::1', port: 3306, password: '' });
  });

  it('takes SQLite paths relative to the working directory', () => {
    expect(parseUrl('sqlite:./a/b.sqlite')).to.deep.equal({ kind: 'sqlite', path: resolve('a/b.sqlite') });
    expect(parseUrl('sqlite:/a/b.sqlite')).to.deep.equal({ kind: 'sqlite', path: '/a/b.sqlite' });
    expect(parseUrl('sqlite:///a/b.sqlite')).to.deep.equal({ kind: 'sqlite', path: '/a/b.sqlite' });
    expect(parseUrl('sqlite::memory:')).to.deep.equal({ kind: 'sqlite', path: ':memory:' });
  });

  for (const [options, ssl] of [
    ['', undefined],
    ['?ssl=false', undefined],
    ['?ssl-mode=DISABLED', undefined],
    ['?ssl=true', { rejectUnauthorized: true }],
    ['?ssl-mode=required', { rejectUnauthorized: false }],
    ['?ssl-mode=VERIFY_IDENTITY', { rejectUnauthorized: true, verifyIdentity: true }],
    ['?ssl=true&rejectUnauthorized=false', { rejectUnauthorized: false }],
  ] as const) {
    it(`turns "${options}" into ssl ${JSON.stringify(ssl)}`, () => {
      const url = parseUrl(`mysql://me@h/d${options}`);
      expect(url.kind === 'server' && url.ssl).to.deep.equal(ssl);
    });
  }

  it('reads the file that ssl-ca names', () => {
    expect(parseUrl('mysql://me@h/d?ssl-ca=LICENSE')).to.have.nested.property('ssl.ca').that.includes('Apache License');
  });

  for (const [url, problem] of [
    [`postgres://me:${SECRET}@h/d`, 'must start with'],
    [`mysql://me:${SECRET}@h`, 'names no database'],
    [`mysql://me:${SECRET}/x@h/d`, 'percent-encoded'],
    [`mysql://me:${SECRET}#x@h/d`, 'percent-encoded'],
    [`mysql://me:${SECRET}%@h/d`, 'password has a %'],
    [`mysql://me:${SECRET}@h/d?sslmode=require`, 'option "sslmode" is not known'],
    [`mysql://me:${SECRET}@h/d?ssl=yes`, 'must be true or false'],
    [`mysql://me:${SECRET}@h/d?ssl-mode=PREFERRED`, 'must be one of DISABLED'],
    [`mysql://me:${SECRET}@h/d?ssl-ca=no/such/file`, 'cannot be read'],
    ['sqlite:', 'path'],
  ] as const) {
    it(`refuses ${url.replace(SECRET, '***')} without showing the password`, () => {
      const error = thrownBy(() => parseUrl(url));
      expect(error.code).to.equal('DJ2001');
      expect(error.message).to.include(problem);
      expect(`${error.stack} ${JSON.stringify(error)}`).not.to.include(SECRET);
    });
  }

  it('is described without password and options', () => {
    expect(describeUrl(`mysql://me:${SECRET}@h/d?ssl=true`)).to.equal('mysql://me@h:3306/d');
    expect(describeUrl(`mariadb://me:${SECRET}@h/d`)).to.equal('mariadb://me@h:3306/d');
    expect(describeUrl(`mysql://me:${SECRET}@[::1]/d`)).to.equal('mysql://me@[::1]:3306/d');
    expect(describeUrl('sqlite:x.sqlite')).to.equal(`sqlite:${resolve('x.sqlite')}`);
  });
});

describe('environment variables in a URL', () => {
  const env = { HOST: 'db', EMPTY: '' };

  for (const [template, expected] of [
    ['mysql://$HOST/${HOST}', 'mysql://$HOST/db'],
    ['${HOST:-other}', 'db'],
    ['${NONE:-sqlite:./a:-b}', 'sqlite:./a:-b'],
    ['${EMPTY:-x}', 'x'],
    ['${NONE:-}', ''],
    ['[${EMPTY}]', '[]'],
    ['$${HOST} ${HOST}', '${HOST} db'],
  ] as const) {
    it(`fills "${template}" in as "${expected}"`, () => {
      expect(interpolate(template, env)).to.equal(expected);
    });
  }

  it('does not look into what it filled in', () => {
    expect(interpolate('${A}', { A: '${B}', B: 'no' })).to.equal('${B}');
  });

  it('names the variable that is not set', () => {
    const error = thrownBy(() => interpolate('a${DATABASE_URL}b', env));
    expect(error.code).to.equal('DJ2008');
    expect(error.fields).to.deep.equal({ variable: 'DATABASE_URL' });
  });

  it('refuses what looks like a variable and is none', () => {
    for (const template of ['${HOST', '${HOST-x}', '${1}', '${}']) {
      expect(thrownBy(() => interpolate(template, env)).code, template).to.equal('DJ2001');
    }
  });
});

function thrownBy(work: () => unknown): DalJobError {
  try {
    work();
  } catch (error) {
    if (error instanceof DalJobError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
