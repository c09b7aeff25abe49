// Why one prediction is what it is: for each feature a bar to the right or left of the usual prediction.

export interface Explanation {
  way: 'exact' | 'sampled';
  scale: 'prediction' | 'logarithm' | 'log-odds';
  class: string | null;
  usual: number;
  total: number;
  parts: { feature: string; value: number | string | null; adds: number; error: number | null }[];
  rest: number;
  features: number;
}

const mostShown = 8;
const svg = 'http://www.w3.org/2000/svg';

/** A number as the pages write it: about four digits. */
export function written(value: number): string {
  return value === 0 ? '0' : Number(value.toPrecision(4)).toLocaleString('en', { maximumFractionDigits: 8, maximumSignificantDigits: Math.max(4, Math.ceil(Math.log10(Math.abs(value) + 1))) });
}

export function signed(value: number): string {
  return value > 0 ? `+${written(value)}` : value < 0 ? `−${written(-value)}` : '0';
}

/** From the middle to the right what raises the prediction, to the left what lowers it. */
function bar(share: number): SVGSVGElement {
  const drawing = document.createElementNS(svg, 'svg');
  drawing.setAttribute('viewBox', '0 0 100 8');
  drawing.setAttribute('preserveAspectRatio', 'none');
  drawing.setAttribute('aria-hidden', 'true');
  drawing.classList.add('inline-bar');
  const half = Math.abs(share) * 50;
  for (const [name, x, width] of [['bar-back', 0, 100], [share < 0 ? 'bar-watch' : 'bar', share < 0 ? 50 - half : 50, half], ['zero', 49.75, 0.5]] as const) {
    const rect = document.createElementNS(svg, 'rect');
    rect.setAttribute('class', name);
    rect.setAttribute('x', String(x));
    rect.setAttribute('width', String(width));
    rect.setAttribute('height', '8');
    drawing.append(rect);
  }
  return drawing;
}

function line(name: string, adds: number, error: number | null, most: number): HTMLLIElement {
  const item = document.createElement('li');
  const [label, figure] = [document.createElement('span'), document.createElement('span')];
  label.className = 'path';
  label.textContent = name;
  figure.className = 'n';
  figure.textContent = signed(adds);
  if (error !== null) {
    const beside = document.createElement('span');
    beside.className = 'hint nowrap';
    beside.textContent = ` ± ${written(error)}`;
    figure.append(beside);
  }
  item.append(label, bar(most > 0 ? adds / most : 0), figure);
  return item;
}

/** Draws the bars, the largest first, and the many small ones as one. */
export function drawParts(list: HTMLElement, why: Explanation, missing: string, others: (count: number) => string): void {
  const shown = why.parts.slice(0, mostShown);
  const rest = why.parts.slice(mostShown).reduce((sum, part) => sum + part.adds, why.rest);
  const most = Math.max(Math.abs(rest), ...shown.map((part) => Math.abs(part.adds)));
  list.replaceChildren(...shown.map((part) => line(`${part.feature} = ${part.value === null ? missing : typeof part.value === 'number' ? written(part.value) : part.value}`, part.adds, part.error, most)));
  if (why.features > mostShown) list.append(line(others(why.features - mostShown), rest, null, most));
}
