// `dal-job status`: every job with its next fire, how its newest run ended and where it runs now; and the living instances.
// Jobs that run on every instance keep no run in job_info: their next fire follows from the schedule, the rest is read
// from job_log.
import type { Command } from 'commander';
import type { JobStatus, LogEntry } from '../runtime/admin.js';
import type { Job } from '../runtime/lock/job.js';
import type { CommandModule, ExitCode } from './command.js';
import { EXIT_CODES } from './failure.js';
import { type Cell, dateTime, duration, instanceLabel, iso, styleOf, table } from './format.js';
import { where } from './logs.js';
import { count, print, printJson, wantsColor } from './output.js';
import { jobsOf, openProject } from './project.js';
import { type Owner, readOwners, type Session, withSession } from './session.js';

/** As many rows of a job that runs everywhere as are looked through for those that run now. */
const LOOKED_THROUGH = 100;

export const status: CommandModule = {
  configure(command: Command): void {
    command
      .option('--json', 'an object { app, now, jobs, instances, retries }; times ISO 8601 in UTC')
      .addHelpText('after', EXIT_CODES);
  },

  async run(options): Promise<ExitCode> {
    const project = await openProject(options);
    await withSession(project, async (session) => {
      const { nowMs, jobs: stored, instances, retries } = await session.admin.status();
      const known = jobsOf(project);
      const jobs: JobView[] = [];
      for (const job of stored) jobs.push(await view(session, job, { known, nowMs }));
      if (options.json === true) {
        const { app } = session.project.registry;
        printJson({ app, now: iso(nowMs), jobs: jobs.map(jobJson), instances: instances.map(instanceJson), retries });
        return;
      }
      const owners = await readOwners(
        session.database,
        jobs.flatMap(({ running }) => running.map(({ owner }) => owner)),
      );
      printJobs(jobs, owners, nowMs);
      printRetries(retries);
      printInstances(instances, nowMs);
    });
    return 0;
  },
};

type Status = Awaited<ReturnType<Session['admin']['status']>>;
type Instance = Status['instances'][number];

/** A job with all of its runs in progress. */
interface JobView extends JobStatus {
  readonly running: readonly { readonly owner: string | null; readonly startedAt: number }[];
}

async function view(
  { admin }: Session,
  job: JobStatus,
  { known, nowMs }: { known: ReadonlyMap<string, Job>; nowMs: number },
): Promise<JobView> {
  const fires = !job.paused && !job.retired;
  const own = job.status === 'RUNNING' ? [{ owner: job.owner, startedAt: job.startedAt ?? nowMs }] : [];
  if (job.globalSingle) return { ...job, nextFireAt: fires ? job.nextFireAt : null, running: own };
  const entries = await admin.logs({ job: job.jobName, limit: LOOKED_THROUGH });
  const running = entries.filter(({ outcome }) => outcome === 'running');
  const nextFireAt = fires ? (known.get(job.jobName)?.schedule?.next(nowMs) ?? null) : null;
  return { ...job, ...lastOf(entries), nextFireAt, status: running[0] ? 'RUNNING' : 'IDLE', running };
}

function lastOf(entries: readonly LogEntry[]): Partial<JobStatus> {
  const last = entries.find(({ outcome }) => outcome !== 'running');
  if (last === undefined) return {};
  const { outcome, finishedAt, durationMs, errorName, errorMessage } = last;
  const lastError = errorName === null ? null : `${errorName}: ${errorMessage ?? ''}`;
  return { lastOutcome: outcome, lastFinishedAt: finishedAt, lastDurationMs: durationMs, lastError };
}

function jobJson(job: JobView): object {
  const { nextFireAt, lastFinishedAt, runFireAt, startedAt, triggerAt, running } = job;
  return {
    ...job,
    nextFireAt: iso(nextFireAt),
    lastFinishedAt: iso(lastFinishedAt),
    runFireAt: iso(runFireAt),
    startedAt: iso(startedAt),
    triggerAt: iso(triggerAt),
    running: running.map((run) => ({ owner: run.owner, startedAt: iso(run.startedAt) })),
  };
}

function instanceJson(instance: Instance): object {
  return { ...instance, leaseUntil: iso(instance.leaseUntil), startedAt: iso(instance.startedAt) };
}

function printJobs(jobs: readonly JobView[], owners: ReadonlyMap<string, Owner>, nowMs: number): void {
  if (jobs.length === 0) {
    print('no job is registered yet: start an instance');
    return;
  }
  const rows = jobs.map((job): Cell[] => [
    { text: job.jobName },
    { text: job.cron ?? 'manual', style: 'dim' },
    { text: job.nextFireAt === null ? '' : dateTime(job.nextFireAt) },
    job.lastOutcome === null ? { text: '' } : { text: job.lastOutcome, style: styleOf(job.lastOutcome) },
    { text: job.lastDurationMs === null ? '' : duration(job.lastDurationMs), right: true },
    { text: job.lastFinishedAt === null ? '' : `${duration(Math.max(0, nowMs - job.lastFinishedAt))} ago` },
    { text: stateOf(job, owners, nowMs), ...(job.running.length > 0 ? { style: 'cyan' as const } : {}) },
  ]);
  const heading = ['JOB', 'CRON', 'NEXT FIRE (UTC)', 'LAST', 'TOOK', 'ENDED', 'NOW'];
  for (const line of table(heading, rows, wantsColor(process.stdout))) print(line);
}

function stateOf(job: JobView, owners: ReadonlyMap<string, Owner>, nowMs: number): string {
  const runs = job.running.map(
    ({ owner, startedAt }) => `running on ${where(owner, owners)} for ${duration(Math.max(0, nowMs - startedAt))}`,
  );
  const failing = job.failuresInARow > 1 ? [`${job.failuresInARow} failures in a row`] : [];
  const words = [
    ...(job.retired ? ['retired: no living instance declares it'] : []),
    ...(job.paused ? ['paused'] : []),
    ...runs,
    ...(job.triggerAt === null ? [] : ['trigger waiting']),
    ...failing,
  ];
  return words.join(', ') || 'idle';
}

/** Beside the row `dalJob.retry`, which says whether dispatch is paused. */
function printRetries(retries: Status['retries']): void {
  if (retries.length === 0) return;
  print('');
  const words = retries.map(({ kind, state, count: number }) => `${number} ${kind} ${state}`);
  print(`retry records: ${words.join(', ')}`);
}

function printInstances(instances: readonly Instance[], nowMs: number): void {
  print('');
  print(instances.length === 0 ? 'no instance is running' : `${count(instances.length, 'instance')}:`);
  const rows = instances.map((instance): Cell[] => [
    { text: instanceLabel(instance) },
    { text: `up ${duration(Math.max(0, nowMs - instance.startedAt))}` },
    { text: `dal-job ${instance.version}`, style: 'dim' },
    { text: instance.id, style: 'dim' },
  ]);
  for (const line of table(['', '', '', ''], rows, wantsColor(process.stdout)).slice(1)) print(`  ${line}`);
}
