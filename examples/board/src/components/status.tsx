/**
 * The shape of an icon in the color of a status. A solid outline is filled, and its mark has the
 * color of the page.
 */
interface Shape {
  outline: string;
  isSolid?: boolean;
  isDashed?: boolean;
  mark?: string;
}

const RING = 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13Z';
const SQUARE = 'M3.5 1.5h9a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-9a2 2 0 0 1 2-2Z';
const DIAMOND = 'M8 .8 15.2 8 8 15.2.8 8Z';
const OCTAGON = 'M5.2 1.2h5.6l4 4v5.6l-4 4H5.2l-4-4V5.2Z';
const TRIANGLE = 'M8 1.3 15 14.2H1Z';
const SLASH = 'M3.6 3.6l8.8 8.8';

const warnings: Shape = { outline: TRIANGLE, isSolid: true, mark: 'M8 5.8v4M8 12v.1' };
const waiting: Shape = {
  outline: 'M3.5 1.5h9M3.5 14.5h9M4.5 1.5v2L8 8l-3.5 4.5v2M11.5 1.5v2L8 8l3.5 4.5v2',
};

/** Shapes by `DetailedStatus.group`. They make statuses recognizable without colors. */
const SHAPES: Record<string, Shape> = {
  success: { outline: RING, isSolid: true, mark: 'M4.8 8.2 7 10.5l4.3-4.7' },
  'success-with-warnings': warnings,
  'failed-with-warnings': warnings,
  failed: { outline: OCTAGON, isSolid: true, mark: 'M5.5 5.5l5 5M10.5 5.5l-5 5' },
  running: { outline: RING, mark: 'M8 5a3 3 0 0 1 0 6' },
  preparing: { outline: RING, mark: 'M5 8h.1M8 8h.1M11 8h.1' },
  pending: { outline: RING, mark: 'M6.3 5.5v5M9.7 5.5v5' },
  waiting_for_resource: waiting,
  waiting_for_callback: waiting,
  created: { outline: RING, isDashed: true },
  manual: { outline: SQUARE, mark: 'M6.3 5v6L11 8Z' },
  scheduled: { outline: RING, mark: 'M8 4.5V8l2.5 1.5' },
  skipped: { outline: DIAMOND, mark: 'M5.5 6l2 2-2 2M8.5 6l2 2-2 2' },
  canceled: { outline: RING, mark: SLASH },
  canceling: { outline: RING, isDashed: true, mark: SLASH },
};
const UNKNOWN: Shape = { outline: RING, mark: 'M6.2 6.3a1.8 1.8 0 1 1 2.6 1.7L8 9M8 11.4v.1' };

interface Status {
  /** The value of `DetailedStatus.group`, such as `success`. */
  group: string;
}

/**
 * Shows a status as an icon. Screen readers read `label`. Omit it if text next to the icon has the
 * same meaning.
 */
export function StatusIcon({ group, label }: Status & { label?: string }) {
  const { outline, isSolid, isDashed, mark } = SHAPES[group] ?? UNKNOWN;
  const name = label ? ({ role: 'img', 'aria-label': label } as const) : { 'aria-hidden': true };
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: it has a label, or text next to it names the status
    <svg {...name} className={`icon status-${group}`} viewBox="0 0 16 16">
      <path
        d={outline}
        fill={isSolid ? 'currentColor' : 'none'}
        strokeDasharray={isDashed ? 3 : 0}
      />
      {mark && <path d={mark} className={isSolid ? 'mark-on-solid' : 'mark'} />}
    </svg>
  );
}

/** Shows a status as a badge: icon and text. */
export function StatusBadge({ group, text }: Status & { text: string }) {
  return (
    <span className={`badge status-${group}`}>
      <StatusIcon group={group} />
      {text}
    </span>
  );
}
