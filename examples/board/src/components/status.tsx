/** The status as an icon with a name for screen readers. `group` is that of `DetailedStatus`. */
export function StatusIcon({ group, label }: { group: string; label?: string | undefined }) {
  return <span className={`icon status-${group}`} role="img" aria-label={label ?? group} />;
}

/** The status as a badge: icon and text. */
export function StatusBadge({ group, text }: { group: string; text: string }) {
  return <span className={`badge status-${group}`}>{text}</span>;
}
