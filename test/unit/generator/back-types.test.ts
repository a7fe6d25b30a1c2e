// Payload types and validators come from one copy of the schema: names stay as they were written, and what a type
// says the validator says too.
import { expect } from 'chai';
import { buildModel } from '../../../generator/build.js';
import type { JobsConfig } from '../../../generator/config.gen.js';
import { typeDeclarations } from '../../../generator/emit/types.js';
import { planHandlers } from '../../../generator/plan.js';
import { definitionsOf } from '../../../generator/schema.js';

function modelOf(rest: Partial<JobsConfig>) {
  return buildModel({ version: 1, app: 'shop', ...rest });
}

async function declared(types: unknown): Promise<string> {
  return typeDeclarations(modelOf({ types: types as NonNullable<JobsConfig['types']> }));
}

describe('payload types', () => {
  it('keep the names that jobs.yaml gave them', async () => {
    const text = await declared({
      Foo2bar: { type: 'object', title: 'Another name', properties: { next: { $ref: '#/types/Foo2Bar' } } },
      Foo2Bar: { type: 'string', title: 'Another name' },
      ABCThing: { type: 'object', properties: { foo: { $ref: '#/types/Foo2bar', description: 'beside a reference' } } },
    });
    expect(text).to.include('export interface Foo2bar {\n  next?: Foo2Bar\n}');
    expect(text).to.include('export type Foo2Bar = string');
    expect(text).to.include('export interface ABCThing {\n  foo?: Foo2bar\n}');
    expect(text.match(/^export /gm)).to.have.length(3);
  });

  it('are all there: other names of a type, anything, nothing', async () => {
    const text = await declared({
      Order: { type: 'object', properties: { id: { type: 'integer' } } },
      First: { $ref: '#/types/Second' },
      Second: { $ref: '#/types/Order' },
      All: true,
      None: false,
      Uses: { type: 'array', items: { $ref: '#/types/First' } },
    });
    expect(text).to.include('export type First = Second\n').and.to.include('export type Second = Order\n');
    expect(text).to.include('export type All = unknown\n').and.to.include('export type None = never\n');
    expect(text).to.include('export type Uses = Order[]');
  });

  it('close objects that stand alone, and leave those open that others extend', () => {
    const definitions = definitionsOf(
      modelOf({
        types: {
          Alone: { type: 'object', properties: { inner: { type: 'object', properties: { a: {} } } } },
          Base: { type: 'object', properties: { id: {} } },
          More: { allOf: [{ $ref: '#/types/Base' }, { type: 'object', properties: { more: {} } }] },
          Either: {
            oneOf: [
              { type: 'object', properties: { a: {} } },
              { type: 'object', properties: { b: {} } },
            ],
          },
          Mixed: {
            type: 'object',
            properties: { a: {} },
            anyOf: [{ required: ['a'] }, { type: 'object', properties: { b: {} } }],
          },
          Open: { type: 'object', properties: { a: {} }, additionalProperties: true },
        },
      }).types,
    );
    const closed = JSON.stringify(definitions.Alone).match(/"additionalProperties":false/g);
    expect(closed).to.have.length(2);
    expect(JSON.stringify([definitions.Base, definitions.More, definitions.Mixed])).to.not.include(
      'additionalProperties',
    );
    expect(JSON.stringify(definitions.Either).match(/"additionalProperties":false/g)).to.have.length(2);
    expect(definitions.Open).to.deep.include({ additionalProperties: true });
  });

  it('of inline inputs are named after their job, and give way to a type of that name', () => {
    const input = { type: 'object' as const };
    const model = modelOf({
      jobs: { sync: { input }, send: { input: { $ref: '#/types/SyncInput' } } },
      types: { SyncInput: {} },
    });
    expect(model.types.map(({ name }) => name)).to.deep.equal(['SyncInput', 'SyncInputValue']);
    expect(model.jobs.map((job) => job.input?.type)).to.deep.equal(['SyncInput', 'SyncInputValue']);
  });
});

describe('the input of a job', () => {
  it('is required of a trigger only without cron and without default', () => {
    const input = { type: 'object' as const };
    const cron = '* * * * *';
    const given = { ...input, default: {} };
    const { jobs } = modelOf({
      jobs: { a: { input }, b: { input, cron }, c: { input: given }, d: { input: given, cron } },
    });
    expect(jobs.map((job) => job.input?.required)).to.deep.equal([true, false, false, false]);
    expect(jobs.map((job) => 'default' in (job.input ?? {}))).to.deep.equal([false, false, true, true]);
  });
});

describe('a stub', () => {
  const stub = (desc: string) =>
    planHandlers(modelOf({ jobs: { send: { desc } } }), '.js').get('handlers/jobs/send.ts')!;

  it('is what the documentation shows', () => {
    expect(stub('Send the invoices')).to.equal(`import { NotImplementedError } from 'dal-job';
import type { JobHandler } from '../../generated/index.js';

/**
 * Send the invoices.
 * Receives { fireTime, input, attempt, services, signal, log, … }.
 */
export const send: JobHandler<'send'> = async () => {
  throw new NotImplementedError('send');
};
`);
  });

  it('is code whatever the description is', () => {
    const text = stub('a */ throw 1; /*\r\n\u2028// b\u0000\n\n * c');
    const comment = text.slice(text.indexOf('/**'), text.indexOf('export'));
    expect(comment.match(/\*\//g)).to.have.length(1);
    for (const character of ['\r', '\u2028', '\u0000']) expect(comment).to.not.include(character);
    expect(
      comment
        .trim()
        .split('\n')
        .slice(1, -1)
        .every((line) => line.startsWith(' * ')),
    ).to.equal(true);
    expect(stub('')).to.include('/**\n * Receives');
  });
});
