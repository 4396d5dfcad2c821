import { type PointerEvent, type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { clamped, FITTED, type Frame, fitted, type Size, type Zoom, zoomed } from "./zoom.ts";

const STEP = 1.5;
const DOUBLE = 2.5;
/** As far as an arrow moves a picture that is larger than the stage, in pixels. */
const PAN_PX = 80;
/** A finger that goes so far means another picture. */
const SWIPE_PX = 60;
const TAP_PX = 6;

interface Point {
  x: number;
  y: number;
}

interface ZoomOptions {
  stage: RefObject<HTMLElement | null>;
  /** Of the picture itself; undefined: nothing is to be zoomed. */
  size: Size | undefined;
  onSwipe: (step: -1 | 1) => void;
  /** Beside the picture. */
  onTap: () => void;
}

/** How large a picture is shown, by wheel, fingers, mouse and keys. Another picture begins fitted: by its `key`. */
export function useZoom({ stage, size, onSwipe, onTap }: ZoomOptions) {
  const [zoom, setZoom] = useState<Zoom>(FITTED);
  const [held, setHeld] = useState(false);
  const box = useBox(stage);
  const frame = useRef<Frame>(undefined);
  frame.current = box && size && { stage: box, picture: fitted(size, box) };
  const change = useCallback((make: (zoom: Zoom, frame: Frame) => Zoom) => {
    setZoom((before) => (frame.current ? make(before, frame.current) : before));
  }, []);
  const scaleBy = useCallback(
    (factor: number, at: Point = { x: 0, y: 0 }) =>
      change((before, on) => zoomed(before, before.scale * factor, at, on)),
    [change],
  );
  const pan = useCallback(
    (x: number, y: number) => change((before, on) => clamped({ ...before, x: before.x + x, y: before.y + y }, on)),
    [change],
  );
  useWheel(stage, scaleBy);
  const fingers = useFingers({ stage, zoom, scaleBy, pan, setHeld, onSwipe, onTap });
  return {
    zoom,
    held,
    fitted: frame.current?.picture,
    zoomIn: () => scaleBy(STEP),
    zoomOut: () => scaleBy(1 / STEP),
    reset: () => setZoom(FITTED),
    /** Move a picture by a key; false: all of it is seen. */
    arrow(x: number, y: number): boolean {
      if (zoom.scale === 1) return false;
      pan(-x * PAN_PX, -y * PAN_PX);
      return true;
    },
    fingers: {
      ...fingers,
      onDoubleClick: (event: { clientX: number; clientY: number }) =>
        zoom.scale > 1 ? setZoom(FITTED) : scaleBy(DOUBLE, from(stage.current, event)),
    },
  };
}

/** The size of the stage, as it is now. */
function useBox(stage: RefObject<HTMLElement | null>): Size | undefined {
  const [box, setBox] = useState<Size>();
  useLayoutEffect(() => {
    const element = stage.current;
    if (element === null) return undefined;
    const measure = () => setBox({ width: element.clientWidth, height: element.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [stage]);
  return box;
}

/** The wheel zooms, and two fingers on a touchpad: the page itself stays. */
function useWheel(stage: RefObject<HTMLElement | null>, scaleBy: (factor: number, at: Point) => void): void {
  useEffect(() => {
    const element = stage.current;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const by = Math.max(-60, Math.min(60, event.deltaY)) * (event.deltaMode === 0 ? 1 : 20);
      scaleBy(Math.exp(-by / 200), from(element, event));
    };
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  }, [stage, scaleBy]);
}

interface FingerOptions extends Pick<ZoomOptions, "stage" | "onSwipe" | "onTap"> {
  zoom: Zoom;
  scaleBy: (factor: number, at: Point) => void;
  pan: (x: number, y: number) => void;
  setHeld: (held: boolean) => void;
}

/** One finger moves, or asks for another picture; two zoom. */
function useFingers({ stage, zoom, scaleBy, pan, setHeld, onSwipe, onTap }: FingerOptions) {
  const down = useRef(new Map<number, Point>());
  const began = useRef<Point>(undefined);
  const end = (event: PointerEvent<HTMLElement>) => {
    const start = began.current;
    down.current.delete(event.pointerId);
    if (down.current.size > 0) return;
    setHeld(false);
    began.current = undefined;
    if (start === undefined || event.type === "pointercancel") return;
    const [x, y] = [event.clientX - start.x, event.clientY - start.y];
    const swiped = event.pointerType === "touch" && zoom.scale === 1 && Math.abs(x) > SWIPE_PX;
    if (swiped && Math.abs(x) > 2 * Math.abs(y)) onSwipe(x < 0 ? 1 : -1);
    else if (Math.hypot(x, y) < TAP_PX && event.target === event.currentTarget) onTap();
  };
  return {
    onPointerDown(event: PointerEvent<HTMLElement>) {
      if (event.button !== 0 || event.target instanceof HTMLVideoElement) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      const at = { x: event.clientX, y: event.clientY };
      down.current.set(event.pointerId, at);
      // Of two fingers neither taps nor swipes.
      began.current = down.current.size === 1 ? at : undefined;
      setHeld(true);
    },
    onPointerMove(event: PointerEvent<HTMLElement>) {
      const before = down.current.get(event.pointerId);
      if (before === undefined) return;
      const now = { x: event.clientX, y: event.clientY };
      const other = [...down.current].find(([id]) => id !== event.pointerId)?.[1];
      down.current.set(event.pointerId, now);
      if (other === undefined) {
        if (zoom.scale > 1) pan(now.x - before.x, now.y - before.y);
        return;
      }
      const middle = { clientX: (now.x + other.x) / 2, clientY: (now.y + other.y) / 2 };
      const apart = (point: Point) => Math.max(1, Math.hypot(point.x - other.x, point.y - other.y));
      scaleBy(apart(now) / apart(before), from(stage.current, middle));
      pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}

/** A point as told from the centre of the stage. */
function from(stage: HTMLElement | null, { clientX, clientY }: { clientX: number; clientY: number }): Point {
  const { left = 0, top = 0, width = 0, height = 0 } = stage?.getBoundingClientRect() ?? {};
  return { x: clientX - left - width / 2, y: clientY - top - height / 2 };
}
