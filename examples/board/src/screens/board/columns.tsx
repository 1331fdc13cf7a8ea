import { type KeyboardEvent, memo } from 'react';
import type { Stage } from './pipeline.ts';
import { StageColumn } from './stage-column.tsx';

const STEPS: Record<string, readonly [column: number, card: number]> = {
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
};

const cardsOf = (column: Element | undefined) => [
  ...(column?.querySelectorAll<HTMLElement>('[data-card]') ?? []),
];

/** Moves the focus from card to card with the arrow keys. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const step = STEPS[event.key];
  const columns = [...event.currentTarget.children];
  const column = columns.findIndex((each) => each.contains(document.activeElement));
  const card = cardsOf(columns[column]).indexOf(document.activeElement as HTMLElement);
  if (!step || card < 0) return;
  event.preventDefault();
  const cards = cardsOf(columns[column + step[0]]);
  cards[Math.min(card + step[1], step[0] ? cards.length - 1 : cards.length)]?.focus();
}

interface Props {
  stages: readonly Stage[];
  chosen: string | undefined;
}

/** Shows the stages in their order, side by side. */
export const Columns = memo(function Columns({ stages, chosen }: Props) {
  if (stages.length === 0) return <p className="empty">The pipeline has no jobs.</p>;
  return (
    <fieldset className="columns" aria-label="Stages" onKeyDown={moveFocus}>
      {stages.map((stage) => (
        <StageColumn key={stage.name} stage={stage} chosen={chosen} />
      ))}
    </fieldset>
  );
});
