// The table of examples in docs/operations.md: what expressions do in the two nights in which Berlin's clock changes.
// The times are computed by the schedule itself, and shown as a clock on the wall in Berlin shows them.
import { createSchedule, type DstRule } from '../../runtime/schedule/schedule.js';

const ZONE = 'Europe/Berlin';
const SPRING = { from: '2026-03-29T00:00:00+01:00', to: '2026-03-29T04:59:59+02:00' };
const AUTUMN = { from: '2026-10-25T00:00:00+02:00', to: '2026-10-25T04:59:59+01:00' };

const EXAMPLES: readonly { readonly cron: string; readonly dst?: Partial<DstRule> }[] = [
  { cron: '30 2 * * *' },
  { cron: '30 2 * * *', dst: { gap: 'skip' } },
  { cron: '30 2 * * *', dst: { overlap: 'both' } },
  { cron: '0,30 2 * * *' },
  { cron: '30 1-3 * * *' },
  { cron: '30 * * * *' },
  { cron: '30 * * * *', dst: { overlap: 'first' } },
];

export function daylightTable(): string {
  const rows = EXAMPLES.map(({ cron, dst = {} }) => {
    const schedule = createSchedule({ cron, timezone: ZONE, dst: { gap: 'next', overlap: null, ...dst } });
    const within = ({ from, to }: typeof SPRING) => {
      const fires: string[] = [];
      let fire = schedule.next(Date.parse(from) - 1);
      for (; fire !== null && fire <= Date.parse(to); fire = schedule.next(fire)) fires.push(onTheWall(fire));
      return fires.join(', ') || 'none';
    };
    const rule = Object.entries(dst).map(([key, value]) => `, \`${key}: ${value}\``);
    return `| \`${cron}\`${rule.join('')} | ${within(SPRING)} | ${within(AUTUMN)} |`;
  });
  return ['| cron | 29 March, 0:00 to 5:00 | 25 October, 0:00 to 5:00 |', '|---|---|---|', ...rows].join('\n');
}

/** `02:30 +2`: the wall clock, and how far it is ahead of UTC. */
function onTheWall(fireMs: number): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: ZONE,
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'shortOffset',
  }).formatToParts(fireMs);
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return `${of('hour')}:${of('minute')} ${of('timeZoneName').replace('GMT', '')}`;
}
