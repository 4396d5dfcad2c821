import { Search, X } from "lucide-react";
import type { ComponentProps, KeyboardEvent } from "react";
import { t } from "../text/index.ts";
import { ariaKeys } from "./hotkeys.ts";
import { IconButton } from "./IconButton.tsx";
import { Keys } from "./Keys.tsx";
import { TextInput } from "./TextInput.tsx";

export interface SearchInputProps extends Omit<ComponentProps<"input">, "value" | "onChange" | "type"> {
  value: string;
  onChange: (value: string) => void;
  /** Also its name. */
  placeholder: string;
  shortcut?: string;
}

/** A search field. Esc empties it first. */
export function SearchInput({ value, onChange, placeholder, shortcut, onKeyDown, ...rest }: SearchInputProps) {
  const keyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Escape" && value !== "") {
      event.preventDefault();
      event.stopPropagation();
      onChange("");
    }
    onKeyDown?.(event);
  };
  const clear = <IconButton size="sm" icon={X} label={t.common.clear} onClick={() => onChange("")} />;
  return (
    <TextInput
      className="text-input--search"
      type="search"
      enterKeyHint="search"
      autoComplete="off"
      aria-label={placeholder}
      aria-keyshortcuts={shortcut && ariaKeys(shortcut)}
      {...rest}
      leading={Search}
      placeholder={placeholder}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      onKeyDown={keyDown}
      trailing={value !== "" ? clear : shortcut && <Keys keys={shortcut} />}
    />
  );
}
