// The last line of the live display: what runs now, what comes next, who is there, how the work was shared. Pure.
import type { Job } from '../../runtime/lock/job.js';
import { duration } from '../format.js';
import { count } from '../output.js';
import type { Tally } from './live.js';

type Runs = readonly (readonly [job: string, startedMs: number])[];

export interface FooterInput {
  readonly here: Runs;
  readonly elsewhere: Runs;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly instances: number;
  readonly tally: Tally & { readonly elsewhere: number };
  readonly nowMs: number;
}

export function footerText({ here, elsewhere, jobs, instances, tally, nowMs }: FooterInput): string {
  const run = ([job, startedMs]: Runs[number]) => `${job} ${duration(Math.max(0, nowMs - startedMs))}`;
  const parts = [
    ...(here.length === 0 ? [] : [`running here: ${here.map(run).join(', ')}`]),
    ...(elsewhere.length === 0 ? [] : [`elsewhere: ${elsewhere.map(run).join(', ')}`]),
    ...(here.length + elsewhere.length > 0 ? [] : nextFire(jobs, nowMs)),
    count(instances, 'instance'),
    `${count(tally.succeeded + tally.other, 'run')} here, ${tally.elsewhere} elsewhere`,
    'Ctrl-C stops',
  ];
  return parts.join(' · ');
}

function nextFire(jobs: ReadonlyMap<string, Job>, nowMs: number): string[] {
  const fires = [...jobs].flatMap(([name, { schedule }]) => {
    const fireMs = schedule?.next(nowMs) ?? null;
    return fireMs === null ? [] : [{ name, fireMs }];
  });
  const [first] = fires.sort((a, b) => a.fireMs - b.fireMs);
  return first === undefined ? [] : [`next: ${first.name} in ${Math.ceil((first.fireMs - nowMs) / 1_000)} s`];
}
