import { AtSign } from "lucide-react";
import { useState } from "react";
import { CodeInput } from "../CodeInput.tsx";
import { Field } from "../Field.tsx";
import { PasswordInput } from "../PasswordInput.tsx";
import { SearchInput } from "../SearchInput.tsx";
import { TextArea } from "../TextArea.tsx";
import { TextInput } from "../TextInput.tsx";

export function Fields() {
  const [search, setSearch] = useState("");
  const [code, setCode] = useState("123");
  const [wrong, setWrong] = useState(false);
  return (
    <>
      <SearchInput value={search} onChange={setSearch} placeholder="Search" shortcut="mod+k" />
      <Field label="Username" good="@mira is free">
        {({ id, describedBy, invalid }) => (
          <TextInput
            id={id}
            aria-describedby={describedBy}
            aria-invalid={invalid}
            leading={AtSign}
            defaultValue="mira"
          />
        )}
      </Field>
      <Field label="E-mail" error="Enter a full address, like name@example.org.">
        {({ id, describedBy, invalid }) => (
          <TextInput id={id} aria-describedby={describedBy} aria-invalid={invalid} large defaultValue="mira@" />
        )}
      </Field>
      <Field label="Password" hint="At least 8 characters.">
        {({ id, describedBy }) => <PasswordInput id={id} aria-describedby={describedBy} defaultValue="secret words" />}
      </Field>
      <Field label="About">{({ id }) => <TextArea id={id} placeholder="A few words" />}</Field>
      <CodeInput value={code} onChange={setCode} onComplete={() => setWrong(true)} error={wrong} />
    </>
  );
}
