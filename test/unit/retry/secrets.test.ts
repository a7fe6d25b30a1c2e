// Secrets in recorded arguments: encrypted, bound to their place, opened by old keys, and taken out of errors.
import { expect } from 'chai';
import { DalJobError } from '../../../runtime/errors.js';
import { redacted, textsOf } from '../../../runtime/retry/redact.js';
import { ENVELOPE, readSecretKeys, requireKeys, Secrets, secretValues } from '../../../runtime/retry/secrets.js';
import { GatewayTimeout, KEYS, METHODS, OLD_KEYS } from '../../support/calls.js';

const PAY = ['payment', 'pay'];
const PATHS = [
  ['0', 'number'],
  ['0', 'codes', '*'],
  ['1', '*', 'pin'],
];
const ARGS = [
  { number: '4111-1111', holder: 'Ada', codes: ['one-code', 'two-code'] },
  [{ pin: { a: 1234 } }, { other: 1 }],
  null,
];

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as DalJobError).code;
  }
  return 'none';
}

describe('Secrets', () => {
  const secrets = (keys: string, app = 'shop') => new Secrets(app, readSecretKeys(keys));

  it('are encrypted wherever a path leads, and come back as they were', () => {
    const sealed = secrets(KEYS).seal(PAY, ARGS, PATHS);
    const text = JSON.stringify(sealed);
    for (const plain of ['4111', 'one-code', 'two-code', '1234']) expect(text).not.to.include(plain);
    expect(text).to.include('Ada').and.to.include(`${ENVELOPE}2026:`);
    expect(ARGS[0]).to.deep.include({ number: '4111-1111' });
    expect(secrets(KEYS).open(PAY, JSON.parse(text))).to.deep.equal(ARGS);
  });

  it('never have the same ciphertext twice', () => {
    const once = () => JSON.stringify(secrets(KEYS).seal(PAY, ARGS, PATHS));
    expect(once()).not.to.equal(once());
  });

  it('are opened by the key that they name, after another one encrypts', () => {
    const old = secrets(OLD_KEYS).seal(PAY, ARGS, PATHS);
    expect(secrets(`${KEYS},${OLD_KEYS}`).open(PAY, old)).to.deep.equal(ARGS);
    expect(codeOf(() => secrets(KEYS).open(PAY, old))).to.equal('DJ6009');
  });

  it('open nowhere else: in another app, method or place, or after a change', () => {
    const sealed = secrets(KEYS).seal(PAY, ARGS, PATHS) as [{ number: string; codes: string[] }, unknown];
    const [card] = sealed;
    const changed = `${card.number.slice(0, -2)}${card.number.endsWith('AA') ? 'BB' : 'AA'}`;
    const attempts = [
      () => secrets(KEYS, 'other').open(PAY, sealed),
      () => secrets(KEYS).open(['payment', 'charge'], sealed),
      () => secrets(KEYS).open(PAY, [{ ...card, holder: card.number }]),
      () => secrets(KEYS).open(PAY, [{ ...card, codes: [...card.codes].reverse() }]),
      () => secrets(KEYS).open(PAY, [{ ...card, number: changed }]),
      () => secrets(KEYS).open(PAY, [{ ...card, number: `${ENVELOPE}2026:` }]),
      () => secrets(KEYS.replace('AQ', 'BQ')).open(PAY, sealed),
    ];
    expect(attempts.map(codeOf)).to.deep.equal(attempts.map(() => 'DJ6009'));
  });

  it('need keys of 32 bytes under ids of their own', () => {
    const bad = ['x', '2026=short', `2026=${Buffer.alloc(31).toString('base64')}`, `${KEYS},${KEYS}`, '=aaaa'];
    expect(bad.map((text) => codeOf(() => readSecretKeys(text)))).to.deep.equal(bad.map(() => 'DJ6004'));
    expect([...readSecretKeys(` ${KEYS} , ${OLD_KEYS},`).keys()]).to.deep.equal(['2026', '2025']);
    expect(readSecretKeys(undefined).size).to.equal(0);
  });

  it('need a key at start, if a recorded method has any', () => {
    const methods = Object.entries(METHODS);
    expect(codeOf(() => requireKeys(new Map(), methods))).to.equal('DJ6004');
    expect(codeOf(() => requireKeys(readSecretKeys(KEYS), methods))).to.equal('none');
    const plain = methods.map(([name, entry]) => [name, { ...entry, retry: null }] as const);
    expect(codeOf(() => requireKeys(new Map(), plain))).to.equal('none');
  });

  it('tell no key in an error', () => {
    const key = Buffer.alloc(31, 7).toString('base64');
    expect(() => readSecretKeys(`a=${key}`))
      .to.throw(DalJobError)
      .with.property('message')
      .not.include(key);
  });
});

describe('An error that quotes secrets', () => {
  const texts = textsOf(secretValues([{ number: 'p"ss word', codes: ['xyz', 7] }], PATHS));

  it('is the same error without them, in its message, its stack and its causes', () => {
    const cause = new Error('inner p"ss word');
    const error = new GatewayTimeout(`tried ${JSON.stringify({ number: 'p"ss word' })} and xyz`, { cause });
    expect(redacted(error, texts)).to.equal(error);
    const everything = `${error.message} ${error.stack} ${cause.message} ${cause.stack}`;
    expect(everything).not.to.match(/p\\?"ss|xyz/);
    expect(error.message).to.equal('tried {"number":"[secret]"} and [secret]');
  });

  it('has no trace of them as they stand in a URL', () => {
    const { message } = redacted(new Error('GET /?n=p%22ss+word&m=p%22ss%20word'), texts) as Error;
    expect(message).to.equal('GET /?n=[secret]&m=[secret]');
  });

  it('keeps short ones where they are part of another word', () => {
    expect((redacted(new Error('code 7 of 77'), texts) as Error).message).to.equal('code [secret] of 77');
  });

  it('is a copy of its class if it is frozen', () => {
    const error = Object.freeze(new GatewayTimeout('xyz'));
    const copy = redacted(error, texts) as Error;
    expect(copy).to.be.instanceOf(GatewayTimeout);
    expect([copy.message, copy.name]).to.deep.equal(['[secret]', 'GatewayTimeout']);
    expect(copy.stack).not.to.include('xyz');
  });

  it('may be a text, or something that cannot be read', () => {
    expect(redacted('xyz!', texts)).to.equal('[secret]!');
    expect(redacted(null, texts)).to.equal(null);
    const hostile = {
      toString: () => {
        throw new Error('no');
      },
    };
    expect((redacted(hostile, texts) as Error).message).to.equal('an error that cannot be read');
  });

  it('may have a cause that is itself', () => {
    const error = new Error('xyz');
    error.cause = error;
    expect((redacted(error, texts) as Error).message).to.equal('[secret]');
  });
});
