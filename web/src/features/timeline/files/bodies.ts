/** All that shows files in bubbles: it comes together, when the first is needed. */
export { AlbumBody } from "./AlbumBody.tsx";
export { FileBody } from "./FileBody.tsx";
export { WaitingBody } from "./WaitingBody.tsx";
