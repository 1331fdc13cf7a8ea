interface Props {
  /** The singular, such as "match". */
  name: string;
  /** The plural, such as "matches". */
  plural: string;
  /** The number of all matches. `lines` may lack some of them. */
  count: number;
  /** The numbers of the log lines to step through. */
  lines: readonly number[];
  /** The line at which the reader is. */
  current: number | undefined;
  onStep(step: 1 | -1): void;
}

/**
 * Shows the reader's position in a list of lines, with buttons for the previous and the next line.
 */
export function Stepper({ name, plural, count, lines, current, onStep }: Props) {
  const at = current === undefined ? -1 : lines.indexOf(current);
  return (
    <fieldset className="stepper" aria-label={plural} disabled={lines.length === 0}>
      <output>
        {at >= 0 && `${at + 1} of `}
        {count} {count === 1 ? name : plural}
      </output>
      <button type="button" aria-label={`Previous ${name}`} onClick={() => onStep(-1)}>
        ↑
      </button>
      <button type="button" aria-label={`Next ${name}`} onClick={() => onStep(1)}>
        ↓
      </button>
    </fieldset>
  );
}
