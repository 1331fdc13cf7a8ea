interface Props {
  /** One of the lines, such as "match". */
  name: string;
  /** More of them. */
  plural: string;
  /** How many there are. `lines` may be the first of them only. */
  count: number;
  lines: readonly number[];
  /** The line where the reader is. */
  current: number | undefined;
  onStep(step: 1 | -1): void;
}

/** Where the reader is in a list of lines, with buttons for the previous and the next of them. */
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
