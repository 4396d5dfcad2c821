import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { t } from "../text/index.ts";
import { IconButton } from "./IconButton.tsx";
import { TextInput, type TextInputProps } from "./TextInput.tsx";

/** A password, hidden until the eye is pressed. */
export function PasswordInput(props: Omit<TextInputProps, "type" | "trailing">) {
  const [shown, setShown] = useState(false);
  return (
    <TextInput
      autoComplete="current-password"
      autoCapitalize="off"
      spellCheck={false}
      {...props}
      dir="ltr"
      type={shown ? "text" : "password"}
      trailing={
        <IconButton
          size="sm"
          icon={shown ? EyeOff : Eye}
          label={t.common.showPassword}
          aria-pressed={shown}
          onClick={() => setShown(!shown)}
        />
      }
    />
  );
}
