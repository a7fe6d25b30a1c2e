// `dal-job rename`, the part of it that changes files: what is written, what is refused, and that it can be repeated.
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { generate } from '../../../generator/index.js';
import { applyRename, mentionsOf, planRename } from '../../../generator/rename/index.js';
import { scratchFolder } from '../../support/scratch.js';

const TYPE = "import type { JobHandler } from '../../generated/index.js';\n";

describe('renaming a job', () => {
  const FILLED = `${TYPE}export const send: JobHandler<'send'> = async () => { work(); };\n`;
  const YAML = 'version: 1\napp: shop # the shop\njobs:\n  send: { cron: "0 3 * * *" }   # at night\n  other: {}\n';
  const [OLD, NEW] = ['handlers/jobs/send.ts', 'handlers/jobs/mail.ts'];

  function project(name: string, files: Readonly<Record<string, string>>): string {
    const root = scratchFolder(`rename-${name}`);
    for (const [file, text] of Object.entries({ 'jobs.yaml': YAML, ...files })) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), text);
    }
    return root;
  }
  const read = (root: string, file: string) =>
    existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : null;

  /** What it did, or why not. */
  async function rename(root: string, from = 'send', to = 'mail'): Promise<string[] | string> {
    try {
      const plan = await planRename({ root, from, to });
      if ('problems' in plan) return plan.problems.map(({ code }) => code);
      applyRename(plan);
      return plan.operations.map(({ kind, path }) => `${kind} ${path}`);
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return `${code} ${message}`;
    }
  }
  const filesOf = (root: string) => [read(root, 'jobs.yaml'), read(root, OLD), read(root, NEW)];
  const DONE = [YAML.replace('send', 'mail'), null, FILLED.replaceAll('send', 'mail')];

  it('takes the key, the file, the export and the type along, and is done then', async () => {
    const root = project('whole', { [OLD]: FILLED });
    expect(await rename(root)).to.deep.equal([`put ${NEW}`, 'put jobs.yaml', `delete ${OLD}`]);
    expect(filesOf(root)).to.deep.equal(DONE);
    expect(await rename(root)).to.deep.equal([]);
    const { findings, exitCode } = await generate({ root });
    expect([findings, exitCode]).to.deep.equal([[], 0]);
  });

  it('finishes what was begun, by a run that was killed or by hand', async () => {
    const renamed = FILLED.replaceAll('send', 'mail');
    const states: readonly Record<string, string>[] = [
      { [OLD]: FILLED, [NEW]: renamed },
      { 'jobs.yaml': DONE[0] ?? '', [OLD]: FILLED, [NEW]: renamed },
      { 'jobs.yaml': DONE[0] ?? '', [OLD]: FILLED },
      { 'jobs.yaml': DONE[0] ?? '', [NEW]: renamed },
      { [NEW]: renamed },
    ];
    for (const [index, files] of states.entries()) {
      const root = project(`state-${index}`, files);
      expect(await rename(root), `state ${index}`).to.be.an('array');
      expect(filesOf(root), `state ${index}`).to.deep.equal(DONE);
    }
  });

  it('takes the place of the stub that gen made for the new name', async () => {
    const root = project('stub', { [OLD]: FILLED });
    await generate({ root });
    writeFileSync(join(root, 'jobs.yaml'), DONE[0] ?? '');
    await generate({ root });
    expect(read(root, NEW)).to.include('NotImplementedError');
    expect(await rename(root)).to.deep.equal([`put ${NEW}`, `delete ${OLD}`]);
    expect(filesOf(root)).to.deep.equal(DONE);
  });

  it('does not replace a stub in whose comment somebody typed', async () => {
    const root = project('noted', { [OLD]: FILLED });
    await generate({ root });
    writeFileSync(join(root, 'jobs.yaml'), DONE[0] ?? '');
    await generate({ root });
    const noted = (read(root, NEW) ?? '').replace(' * Receives', ' * Ask Ann first.\n * Receives');
    writeFileSync(join(root, NEW), noted);
    expect(await rename(root)).to.match(/^DJ1232 .*both have code/);
    expect(read(root, NEW)).to.equal(noted);
  });

  it('leaves a handler that is placed where it is', async () => {
    const yaml = (place: string) => YAML.replace('cron:', `handler: "${place}", cron:`);
    const own = project('placed', {
      'jobs.yaml': yaml('./src/all.ts#run'),
      'src/all.ts': "export const run: JobHandler<'send'> = f;",
    });
    expect(await rename(own)).to.deep.equal(['put src/all.ts', 'put jobs.yaml']);
    expect(read(own, 'src/all.ts')).to.equal("export const run: JobHandler<'mail'> = f;");
    const named = project('placed-named', {
      'jobs.yaml': yaml('./src/all.ts'),
      'src/all.ts': 'export const send = f;',
    });
    expect(await rename(named)).to.deep.equal(['put src/all.ts', 'put jobs.yaml']);
    expect(read(named, 'src/all.ts')).to.equal('export const mail = f;');
    expect(await rename(named)).to.deep.equal([]);
  });

  it('refuses what cannot be, says why, and changes nothing', async () => {
    const cases: readonly [name: string, files: Record<string, string>, names: [string, string], why: RegExp][] = [
      ['unknown', {}, ['sent', 'mail'], /^DJ1230 jobs\.yaml has no job "sent": did you mean "send"\?$/],
      ['both', {}, ['send', 'other'], /^DJ1230 jobs\.yaml has a job "send" and a job "other"$/],
      ['same', {}, ['send', 'send'], /^DJ1230 .* are the same$/],
      ['form', {}, ['send', 'Mail-1'], /^DJ1230 "Mail-1" is not a name: /],
      ['reserved', {}, ['send', 'delete'], /^DJ1230 "delete" is reserved: it is a word of TypeScript$/],
      ['case', {}, ['send', 'oTher'], /^DJ1230 .*differ only in case$/],
      ['anchor', { 'jobs.yaml': YAML.replace('  send', '  "s\\u0065nd"') }, ['send', 'mail'], /^DJ1231 .*by hand/],
      ['two', { [OLD]: FILLED, [NEW]: 'export const mail = 1;' }, ['send', 'mail'], /^DJ1232 .*both have code/],
      [
        'broken',
        { [OLD]: 'export const send = (' },
        ['send', 'mail'],
        /^DJ1232 handlers\/jobs\/send\.ts:1:22 is not edited, because it cannot be parsed: .*by hand: export "mail" instead of "send" there, move it to handlers\/jobs\/mail\.ts, rename the job in jobs\.yaml/,
      ],
      ['invalid', { 'jobs.yaml': `${YAML}nope: 1\n` }, ['send', 'mail'], /^DJ1003$/],
    ];
    for (const [name, files, [from, to], why] of cases) {
      const root = project(`refused-${name}`, files);
      const before = filesOf(root);
      expect(String(await rename(root, from, to)), name).to.match(why);
      expect(filesOf(root), name).to.deep.equal(before);
    }
  });

  it('edits no file through a link, and none that is not UTF-8', async () => {
    const linked = project('link', { 'src/real.ts': FILLED });
    mkdirSync(join(linked, 'handlers/jobs'), { recursive: true });
    symlinkSync(join(linked, 'src/real.ts'), join(linked, OLD));
    expect(await rename(linked)).to.match(/^DJ1232 .* is a link /);
    const latin = project('latin', {});
    mkdirSync(join(latin, 'handlers/jobs'), { recursive: true });
    const bytes = Buffer.concat([Buffer.from(`${FILLED}// caf`), Buffer.from([0xe9, 0x0a])]);
    writeFileSync(join(latin, OLD), bytes);
    expect(await rename(latin)).to.match(/^DJ1232 .* is not UTF-8 /);
    expect(readFileSync(join(latin, OLD)).equals(bytes)).to.equal(true);
  });

  it('finds the lines that still have the old name', () => {
    const root = project('mentions', {
      'handlers/a.ts':
        "import { send } from './jobs/send.js';\napp.trigger('send');\nconst sender = 'sender'; // send\n",
      'handlers/.orphans/b.ts': "app.trigger('send');\n",
    });
    expect(mentionsOf(root, 'handlers', 'send').map(({ file, line }) => `${file}:${line}`)).to.deep.equal([
      'handlers/a.ts:1',
      'handlers/a.ts:2',
    ]);
  });
});
