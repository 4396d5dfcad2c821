/** How a picture lies on the stage: its size beside the fitted one, and how far its centre is from that of the stage. */
export interface Zoom {
  scale: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

/** The stage, and the picture as it is fitted on it. */
export interface Frame {
  stage: Size;
  picture: Size;
}

export const FITTED: Zoom = { scale: 1, x: 0, y: 0 };

/** As far as it goes; a picture is shown at twice its own size at least. */
const MOST = 5;

/** A picture whole on the stage, and not larger than it is. */
export function fitted(picture: Size, stage: Size): Size {
  const scale = Math.min(1, stage.width / picture.width, stage.height / picture.height);
  return { width: picture.width * scale, height: picture.height * scale };
}

/** Within what can be seen: the edges of a picture come no further in than those of the stage. */
export function clamped({ scale, x, y }: Zoom, { stage, picture }: Frame): Zoom {
  const [mostX, mostY] = [slack(picture.width * scale, stage.width), slack(picture.height * scale, stage.height)];
  return { scale, x: between(x, mostX), y: between(y, mostY) };
}

/** Another size, with one point of the stage staying where it is; points are told from the centre. */
export function zoomed(zoom: Zoom, to: number, at: { x: number; y: number }, frame: Frame): Zoom {
  const scale = Math.max(1, Math.min(MOST, to));
  const ratio = scale / zoom.scale;
  return clamped({ scale, x: at.x - (at.x - zoom.x) * ratio, y: at.y - (at.y - zoom.y) * ratio }, frame);
}

function slack(shown: number, stage: number): number {
  return Math.max(0, (shown - stage) / 2);
}

function between(value: number, most: number): number {
  // A zero is never negative.
  return Math.max(-most, Math.min(most, value)) + 0;
}
