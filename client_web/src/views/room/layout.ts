export interface Grid {
  columns: number;
  width: number;
  height: number;
}

const ASPECT = 16 / 9;
/** How far a tile may grow in height, cropping the picture's sides, in a lying and in a standing box. */
const TALLEST_LYING = 4 / 3;
const TALLEST_STANDING = 1;

/** The arrangement of `count` tiles in a box (px) that shows the most picture. */
export function bestGrid(count: number, width: number, height: number, gap = 8): Grid {
  let best: Grid = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    const rows = Math.ceil(count / columns);
    const cell_width = (width - gap * (columns - 1)) / columns;
    const cell_height = (height - gap * (rows - 1)) / rows;
    const tallest = width > height ? TALLEST_LYING : TALLEST_STANDING;
    const grid = { columns, ...fitted(cell_width, cell_height, tallest) };
    if (picture(grid) > picture(best)) best = grid;
  }
  return best;
}

function fitted(width: number, height: number, tallest: number): { width: number; height: number } {
  if (width <= 0 || height <= 0) return { width: 0, height: 0 };
  if (width / height > ASPECT) return { width: Math.floor(height * ASPECT), height: Math.floor(height) };
  return { width: Math.floor(width), height: Math.floor(Math.min(height, width / tallest)) };
}

/** Area that a 16:9 picture covers when it fills the tile by cropping at most its sides. */
function picture({ width, height }: Grid): number {
  return width * Math.min(height, width);
}
