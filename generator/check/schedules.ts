// Schedules: every cron can be read and fires some time, every zone exists, and no run may outlast the interval.
// The interval is that of the wall clock, worked out from the fields alone: what is generated today must be what is
// generated tomorrow, so nothing here asks what time it is.

import { CronError, type CronExpression, parseCron } from '../../runtime/schedule/cron.js';
import { isTimezone } from '../../runtime/schedule/schedule.js';
import { formatDuration, parseDurationMs } from '../duration.js';
import type { Path } from '../parse.js';
import { showSubject } from '../subject.js';
import { suggest } from '../suggest.js';
import { type CheckContext, jobsOf } from './context.js';
import { shortestIntervalMs } from './interval.js';

export function checkSchedules(context: CheckContext): void {
  const read = remember(readCron);
  const zoneExists = remember(isTimezone);
  checkZone(context, ['timezone'], context.config.timezone, zoneExists);
  for (const { name, job, path } of jobsOf(context.config)) {
    checkZone(context, [...path, 'timezone'], job.timezone, zoneExists);
    checkZone(context, [...path, 'claim', 'timezone'], job.claim?.timezone, zoneExists);
    if (job.cron === undefined) continue;
    const cron = read(job.cron);
    if (cron instanceof CronError) refuseCron(context, name, [...path, 'cron'], cron);
    else warnTimeoutAboveInterval(context, name, [...path, 'timeout'], cron);
  }
}

/** Thousands of jobs share a few expressions and zones. */
function remember<T>(work: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const result = known.has(text) ? (known.get(text) as T) : work(text);
    known.set(text, result);
    return result;
  };
}

function readCron(text: string): CronExpression | CronError {
  try {
    return parseCron(text);
  } catch (error) {
    if (error instanceof CronError) return error;
    throw error;
  }
}

function refuseCron({ yaml, report }: CheckContext, name: string, path: Path, error: CronError): void {
  const code = isNeverFiring(error) ? 'DJ1031' : 'DJ1030';
  const span = yaml.locateWithin(path, error.offset, error.length);
  report.add({ code, span, message: `cron of job "${name}": ${error.message}`, hint: error.hint });
}

function isNeverFiring(error: CronError): boolean {
  return error.message.includes('never fires');
}

function checkZone(
  { yaml, report }: CheckContext,
  path: Path,
  zone: string | undefined,
  exists: (zone: string) => boolean,
): void {
  if (zone === undefined || exists(zone)) return;
  const near = suggestZone(zone);
  const hint = near === undefined ? 'use an IANA name such as Europe/Berlin, or UTC' : `did you mean "${near}"?`;
  report.add({
    code: 'DJ1032',
    span: yaml.locate(path, 'value'),
    message: `${showSubject(path)}: there is no time zone "${zone}"`,
    hint,
  });
}

function suggestZone(zone: string): string | undefined {
  const zones = [...Intl.supportedValuesOf('timeZone'), 'UTC'];
  const city = zone
    .slice(zone.lastIndexOf('/') + 1)
    .replaceAll(' ', '_')
    .toLowerCase();
  return zones.find((known) => known.toLowerCase().endsWith(`/${city}`)) ?? suggest(zone, zones);
}

function warnTimeoutAboveInterval(
  { config, yaml, report }: CheckContext,
  name: string,
  path: Path,
  cron: CronExpression,
): void {
  const timeout = config.jobs?.[name]?.timeout ?? '';
  const timeoutMs = parseDurationMs(timeout);
  if (timeoutMs === null) return;
  const intervalMs = shortestIntervalMs(cron);
  if (timeoutMs <= intervalMs) return;
  const message = `timeout of job "${name}" is ${timeout}, but it fires every ${formatDuration(intervalMs)}`;
  report.add({
    code: 'DJ1061',
    span: yaml.locate(path, 'value'),
    message,
    hint: 'a run that takes longer makes later fires wait or be skipped',
  });
}
