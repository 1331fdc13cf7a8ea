import { useNow } from './duration.tsx';

const UNITS: [Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** Formats an age in seconds: "3 minutes ago". Less than a minute is "just now". */
export function formatAgo(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? ['second', 1];
  return unit === 'second' ? 'just now' : format.format(-Math.floor(seconds / size), unit);
}

/** Shows how long ago a time was. The tooltip has the exact time. */
export function Ago({ time }: { time: string | null | undefined }) {
  const now = useNow(true, 10_000);
  if (!time) return null;
  const date = new Date(time);
  return (
    <time dateTime={time} title={date.toLocaleString()}>
      {formatAgo((now - date.getTime()) / 1_000)}
    </time>
  );
}
