import { Fragment, type KeyboardEvent, type ReactElement, type Ref, useImperativeHandle, useMemo, useRef } from "react";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import { ListItem, ListRoot, ListShape } from "./ListShape.tsx";
import "./RowList.css";
import { useReordering } from "./useReordering.ts";
import { useRoving } from "./useRoving.ts";

export interface RowListHandle {
  focusFirst(): void;
}

interface RowListProps<T> {
  ref?: Ref<RowListHandle>;
  label: string;
  items: readonly T[];
  keyOf: (item: T) => string;
  /** Whether one can go to an item by keyboard; to headings one can not. */
  isRow?: (item: T) => boolean;
  /** The key of the open one. */
  selected?: string | undefined;
  /** One item, whose only control is a link with this `tabIndex`. */
  render: (item: T, tabIndex: 0 | -1) => ReactElement;
  /** A key that does not move, on a row. */
  onKey?: (item: T, event: KeyboardEvent) => void;
  /** The end is near: more may be shown. */
  onNearEnd?: () => void;
}

/** A virtualised list that is one stop for Tab: ↑, ↓, Home and End go along its rows. */
export function RowList<T>({ ref, label, items, keyOf, isRow, selected, render, onKey, onNearEnd }: RowListProps<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useRef<VirtualizerHandle>(null);
  const keys = useMemo(() => items.map(keyOf), [items, keyOf]);
  const rowAt = (index: number) => {
    const item = items[index];
    return item !== undefined && (isRow?.(item) ?? true);
  };
  const { current, move, keep } = useRoving({ keys, isRow: rowAt, selected, scroller, virtual });
  useReordering(scroller, keys);
  useImperativeHandle(ref, () => ({ focusFirst: () => move(0, 1) }));

  const keyDown = (event: KeyboardEvent) => {
    // The menu of a row is elsewhere on the page, but its keys come by here.
    if (event.ctrlKey || event.metaKey || event.altKey || !holds(event.currentTarget, event.target)) return;
    const step = stepOf(event.key, current, items.length);
    const item = items[current];
    if (step !== undefined) {
      event.preventDefault();
      move(...step);
    } else if (item !== undefined) onKey?.(item, event);
  };
  const scrolled = () => {
    const handle = virtual.current;
    if (handle && handle.scrollSize - handle.scrollOffset < 2 * handle.viewportSize) onNearEnd?.();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the keys move the focus along the links inside
    <div
      className="row-list"
      ref={scroller}
      onKeyDown={keyDown}
      onFocus={(event) => holds(event.currentTarget, event.target) && keep(event.target)}
    >
      <ListShape value={{ label, keys }}>
        <Virtualizer
          ref={virtual}
          as={ListRoot}
          item={ListItem}
          data={items}
          itemSize={66}
          keepMounted={current < items.length ? [current] : []}
          onScroll={scrolled}
        >
          {(item, index) => <Fragment key={keys[index]}>{render(item, index === current ? 0 : -1)}</Fragment>}
        </Virtualizer>
      </ListShape>
    </div>
  );
}

function holds(list: Element, target: EventTarget): boolean {
  return target instanceof Node && list.contains(target);
}

/** Where a key goes: to the first row from a place on, forwards or backwards. */
function stepOf(key: string, current: number, length: number): [from: number, by: 1 | -1] | undefined {
  switch (key) {
    case "ArrowDown":
      return [current + 1, 1];
    case "ArrowUp":
      return [current - 1, -1];
    case "Home":
      return [0, 1];
    case "End":
      return [length - 1, -1];
    default:
      return undefined;
  }
}
