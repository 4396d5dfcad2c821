/** What is to be seen of a picture, in its pixels. */
export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** How large pictures are at most when they are sent: the server makes smaller ones of them. */
export const SIZES = {
  face: { width: 800, height: 800 },
  cover: { width: 1200, height: 600 },
} as const;

const QUALITY = 0.9;

/** How large an area becomes: as it is, or as large as may be. */
export function outcome(area: Area, most: { width: number; height: number }): { width: number; height: number } {
  const scale = Math.min(1, most.width / area.width, most.height / area.height);
  return { width: Math.max(1, Math.round(area.width * scale)), height: Math.max(1, Math.round(area.height * scale)) };
}

/**
 * Cut an area out of a picture. What may be transparent stays so, as WebP; all else, and where the browser makes no WebP,
 * is JPEG on white.
 */
export async function cropped(image: HTMLImageElement, area: Area, kind: keyof typeof SIZES, type: string) {
  const canvas = document.createElement("canvas");
  Object.assign(canvas, outcome(area, SIZES[kind]));
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("no canvas");
  context.imageSmoothingQuality = "high";
  const draw = () =>
    context.drawImage(image, area.x, area.y, area.width, area.height, 0, 0, canvas.width, canvas.height);
  draw();
  if (type !== "image/jpeg") {
    const found = await blobOf(canvas, "image/webp");
    if (found.type === "image/webp") return found;
    context.globalCompositeOperation = "destination-over";
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
  }
  return blobOf(canvas, "image/jpeg");
}

function blobOf(canvas: HTMLCanvasElement, type: string): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), type, QUALITY);
  });
}
