import { decode, isBlurhashValid } from "blurhash";
import { useLayoutEffect, useRef } from "react";

/** The longer side, in pixels: there is no more to see. */
const SIDE = 32;

/** A picture as a blur of its colours, until it is here. */
export function Blur({ hash, width = 1, height = 1 }: { hash: string; width?: number; height?: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const scale = SIDE / Math.max(width, height, 1);
  const [x, y] = [Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale))];
  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !isBlurhashValid(hash).result) return;
    const image = context.createImageData(x, y);
    image.data.set(decode(hash, x, y));
    context.putImageData(image, 0, 0);
  }, [hash, x, y]);
  return <canvas ref={canvas} className="still__blur" width={x} height={y} />;
}
