/**
 * A value that changes along a position, kept as its changes: the style along the text, the section along the lines.
 */
import {
  append,
  type Block,
  type Column,
  copyColumn,
  createColumn,
  forgetBefore,
  truncate,
  valueAt,
} from './column.ts';

/** Changes in order of position; before the first one the value is `initial`. */
export interface Timeline<T> {
  readonly initial: T;
  readonly positions: Column<number>;
  readonly values: Column<T>;
  /** Index of the oldest change that still counts. */
  first: number;
  /** The value at the end, where most questions are asked. */
  latest: T;
}

/** A timeline without changes. */
export function createTimeline<T>(initial: T, allocate: (size: number) => Block<T>): Timeline<T> {
  const positions = createColumn((size) => new Float64Array(size));
  return { initial, positions, values: createColumn(allocate), first: 0, latest: initial };
}

/** A copy that shares nothing with the original. */
export function copyTimeline<T>(timeline: Timeline<T>): Timeline<T> {
  const { positions, values } = timeline;
  return { ...timeline, positions: copyColumn(positions), values: copyColumn(values) };
}

/** Lets `value` hold from `position` on, which is not before the last change's; what was said of there is undone. */
export function change<T>(timeline: Timeline<T>, position: number, value: T): void {
  rewind(timeline, position);
  if (value === timeline.latest) return;
  append(timeline.positions, position);
  append(timeline.values, value);
  timeline.latest = value;
}

/** Undoes the changes at `position` and after. */
export function rewind<T>(timeline: Timeline<T>, position: number): void {
  const { positions, values, first } = timeline;
  let length = positions.length;
  while (length > first && valueAt(positions, length - 1) >= position) length -= 1;
  if (length === positions.length) return;
  truncate(positions, length);
  truncate(values, length);
  timeline.latest = length > first ? valueAt(values, length - 1) : timeline.initial;
}

/** Index of the change that holds at `position`, or `first - 1` where none does yet. */
export function changeAt<T>(timeline: Timeline<T>, position: number): number {
  let low = timeline.first;
  let high = timeline.positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (valueAt(timeline.positions, middle) <= position) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The value that change number `index` (of `changeAt`) brought. */
export function changeValue<T>(timeline: Timeline<T>, index: number): T {
  return index < timeline.first ? timeline.initial : valueAt(timeline.values, index);
}

/** Where the value that holds at change `index` ends; Infinity for the last one. */
export function changeEnd<T>(timeline: Timeline<T>, index: number): number {
  const next = index + 1;
  return next < timeline.positions.length ? valueAt(timeline.positions, next) : Infinity;
}

/** Forgets the changes that no longer matter from `position` on. */
export function forgetChanges<T>(timeline: Timeline<T>, position: number): void {
  const holding = Math.max(timeline.first, changeAt(timeline, position));
  timeline.first = holding;
  forgetBefore(timeline.positions, holding);
  forgetBefore(timeline.values, holding);
}
