import { CheckCheck } from "lucide-react";
import { t } from "../../text/auth.ts";
import { Avatar } from "../../ui/Avatar.tsx";
import "./specimen.css";

/** What it looks like inside: a picture, nothing to use. */
export function Specimen() {
  const { name, question, answer, quoted, reply, reaction } = t.auth.specimen;
  return (
    <div className="specimen" aria-hidden="true" inert>
      <div className="specimen__row">
        <Avatar id="jo" name={name} size={32} />
        <p className="specimen__bubble">
          {question}
          <time>19:02</time>
        </p>
      </div>
      <div className="specimen__row specimen__row--own">
        <p className="specimen__bubble specimen__bubble--own">
          {answer}
          <time>
            19:03 <CheckCheck />
          </time>
          <span className="specimen__reaction">{reaction} 1</span>
        </p>
      </div>
      <div className="specimen__row">
        <Avatar id="jo" name={name} size={32} />
        <p className="specimen__bubble">
          <span className="specimen__quote">
            <b>{quoted}</b>
            <span>{answer}</span>
          </span>
          {reply}
          <time>19:04</time>
        </p>
      </div>
    </div>
  );
}
