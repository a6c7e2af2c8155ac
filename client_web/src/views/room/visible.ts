import type { Attachment } from 'svelte/attachments';
import type { Size } from '../../call/view';
import type { Source } from '../../protocol/types';

/** Beyond this, finer pixels are not worth their bits. */
const DENSITY_MAX = 2;
/** Tiles about to be scrolled into view are awaited. */
const MARGIN_PX = 64;

/** One function for each video, so that an element is not observed anew whenever its tile is laid out. */
export class Watch {
  readonly #known = new Map<string, (size: Size | null) => void>();

  constructor(private readonly show: (peer: string, source: Source, size: Size | null) => void) {}

  of(peer: string, source: Source): (size: Size | null) => void {
    const key = `${peer} ${source}`;
    const report =
      this.#known.get(key) ??
      ((size: Size | null): void => {
        this.show(peer, source, size);
      });
    this.#known.set(key, report);
    return report;
  }
}

/** Say how large an element's picture is on the screen whenever that changes, null while it is out of view. */
export function visible(report: (size: Size | null) => void): Attachment<HTMLVideoElement> {
  return (element) => {
    let in_view = false;
    const look = (): void => {
      report(in_view && document.visibilityState === 'visible' ? pictureOf(element) : null);
    };
    const seen = new IntersectionObserver(
      (entries) => {
        in_view = entries.at(-1)?.isIntersecting ?? false;
        look();
      },
      { rootMargin: `${MARGIN_PX}px` },
    );
    const sized = new ResizeObserver(look);
    seen.observe(element);
    sized.observe(element);
    document.addEventListener('visibilitychange', look);
    return () => {
      seen.disconnect();
      sized.disconnect();
      document.removeEventListener('visibilitychange', look);
      queueMicrotask(() => {
        if (!element.isConnected) report(null);
      });
    };
  };
}

function pictureOf(element: HTMLVideoElement): Size {
  const { clientWidth: width, clientHeight: height } = element;
  const density = Math.min(window.devicePixelRatio || 1, DENSITY_MAX);
  const is_cropped = getComputedStyle(element).objectFit === 'cover';
  const picture = is_cropped ? covering(width, height, ratioOf(element)) : { width, height };
  return { width: picture.width * density, height: picture.height * density };
}

/** The whole picture, of which a tile that crops shows a part. */
export function covering(width: number, height: number, ratio: number): Size {
  return { width: Math.max(width, height * ratio), height: Math.max(height, width / ratio) };
}

function ratioOf({ videoWidth, videoHeight }: HTMLVideoElement): number {
  return videoWidth && videoHeight ? videoWidth / videoHeight : 16 / 9;
}
