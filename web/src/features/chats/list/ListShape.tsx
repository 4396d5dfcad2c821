import { createContext, useContext } from "react";
import type { CustomContainerComponentProps, CustomItemComponentProps } from "virtua";

/** What the elements that the virtualiser makes have to know to be a list for screen readers, too. */
export const ListShape = createContext<{ label: string; keys: readonly string[] }>({ label: "", keys: [] });

export function ListRoot({ style, children, ref }: CustomContainerComponentProps) {
  const { label } = useContext(ListShape);
  return (
    // biome-ignore lint/a11y/noRedundantRoles: Safari takes the role from lists without bullets
    <ul role="list" aria-label={label} className="row-list__rows" style={style} ref={ref}>
      {children}
    </ul>
  );
}

/** Most items are not there: each says which of how many it is. */
export function ListItem({ style, index, children, ref }: CustomItemComponentProps) {
  const { keys } = useContext(ListShape);
  return (
    <li
      style={style}
      ref={ref}
      className="row-list__item"
      data-row={keys[index]}
      aria-posinset={index + 1}
      aria-setsize={keys.length}
    >
      {children}
    </li>
  );
}
