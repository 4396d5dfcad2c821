import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "../../theme/tokens.css";
import "../../theme/base.css";
import { UiHost } from "../UiHost.tsx";
import { Gallery } from "./Gallery.tsx";

const root = document.getElementById("root");
if (root === null) throw new Error("ui.html has no #root");
createRoot(root).render(
  <StrictMode>
    <UiHost>
      <Gallery />
    </UiHost>
  </StrictMode>,
);
