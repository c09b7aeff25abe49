// One signal as a chart: the mean of each bucket as a line in the band between its lowest and highest value.
import uPlot from 'uplot';
import { type Stretch, moved, within, written, writtenWhole, zoomed } from './span';

export interface Buckets { start: number[]; mean: (number | null)[]; min: (number | null)[]; max: (number | null)[]; count: number[] }

export interface ChartWords { time: string; mean: string; band: string; count: string }

export interface Viewport {
  readonly shown: Stretch;
  readonly whole: Stretch;
  show(stretch: Stretch): void;
  showAll(): void;
}

const height = 260;
const cursors = uPlot.sync('dure-signals');

function colour(name: string): string {
  // Colours stand in the style sheet as light-dark(); an element resolves them for canvas.
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  probe.style.color = `var(${name})`;
  const resolved = getComputedStyle(probe).color;
  probe.remove();
  return resolved;
}

function plain(value: number | null | undefined): string {
  return value == null ? '–' : Number(value.toPrecision(5)).toLocaleString('en', { maximumSignificantDigits: 5 });
}

/** Words in a frame of their own. */
export function message(text: string): HTMLElement {
  const element = document.createElement('p');
  element.className = 'notice';
  element.textContent = text;
  return element;
}

export class SeriesChart {
  readonly element = document.createElement('div');
  private plot: uPlot | undefined;
  private note: HTMLElement | undefined;
  private data: uPlot.AlignedData = [[], [], [], [], []];

  constructor(readonly signal: string, name: string, private readonly unit: string, private readonly place: number,
    private readonly words: ChartWords, private readonly view: Viewport, private readonly marks: Stretch[] = []) {
    const title = document.createElement('p');
    title.className = 'chart-name';
    const small = document.createElement('span');
    small.textContent = unit ? ` [${unit}]` : '';
    title.append(name, small);
    this.element.className = 'chart';
    this.element.tabIndex = 0;
    this.element.setAttribute('role', 'group');
    this.element.setAttribute('aria-label', unit ? `${name} [${unit}]` : name);
    this.element.append(title);
    this.element.addEventListener('keydown', (event) => this.key(event));
    this.element.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
  }

  get width(): number {
    return Math.max(200, this.element.clientWidth - 10);
  }

  busy(is: boolean): void {
    this.element.setAttribute('aria-busy', String(is));
  }

  /** Tells in words what the chart cannot show; nothing takes the last words away. */
  say(text: string): void {
    this.note?.remove();
    this.note = text ? message(text) : undefined;
    if (this.note) this.element.append(this.note);
  }

  fill(buckets: Buckets): void {
    this.say('');
    this.data = columns(buckets);
    this.draw();
  }

  /** Moves the picture at once, before finer data is here. */
  follow(): void {
    this.plot?.setScale('x', { min: this.view.shown.from / 1e6, max: this.view.shown.to / 1e6 });
  }

  resize(): void {
    this.plot?.setSize({ width: this.width, height });
  }

  repaint(): void {
    this.plot?.destroy();
    this.plot = undefined;
    this.draw();
  }

  remove(): void {
    this.plot?.destroy();
    this.element.remove();
  }

  private draw(): void {
    if (this.plot) {
      this.plot.setData(this.data, false);
      this.follow();
      return;
    }
    this.plot = new uPlot(this.options(), this.data, this.element);
    this.follow();
    this.touch(this.plot.over);
  }

  private options(): uPlot.Options {
    const line = colour(`--series-${(this.place % 4) + 1}`);
    const [ink, grid] = [colour('--ink-soft'), colour('--line')];
    const axis = { stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: '12px system-ui, sans-serif' };
    const shown = (value: number | null) => (value == null ? '–' : this.unit ? `${plain(value)} ${this.unit}` : plain(value));
    const edge = (label: string): uPlot.Series => ({ label, stroke: 'transparent', width: 0, points: { show: false }, value: (_, value) => shown(value) });
    return {
      width: this.width,
      height,
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
      cursor: { sync: { key: cursors.key }, drag: { x: true, y: false, setScale: false } },
      scales: { x: { time: true }, count: { auto: true } },
      legend: { markers: { show: false } },
      series: [
        { label: this.words.time, value: (_, seconds) => (seconds == null ? '–' : writtenWhole(seconds * 1e6)) },
        edge(`${this.words.band} ↑`),
        edge(`${this.words.band} ↓`),
        { label: this.words.mean, stroke: line, width: 1.5, points: { size: 4, fill: line }, value: (_, value) => shown(value) },
        { label: this.words.count, scale: 'count', stroke: 'transparent', width: 0, points: { show: false }, value: (_, value) => (value == null ? '–' : String(value)) },
      ],
      bands: [{ series: [1, 2], fill: line.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.22)') }],
      axes: [{ ...axis, values: (_, splits, __, ___, step) => labels(splits, step) }, { ...axis, size: 72, values: (_, splits) => splits.map(plain) }],
      hooks: {
        setSelect: [(plot) => {
          const { left, width } = plot.select;
          if (width < 3) return;
          this.view.show({ from: plot.posToVal(left, 'x') * 1e6, to: plot.posToVal(left + width, 'x') * 1e6 });
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        }],
        drawClear: [(plot) => this.shade(plot)],
        ready: [(plot) => plot.over.addEventListener('dblclick', () => this.view.showAll())],
      },
    };
  }

  /** Findings lie behind the line: a band, at least a few pixels wide, with a wedge at its top so that colour is not the only sign. */
  private shade(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const wedge = 5 * devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = colour('--watch');
    for (const mark of this.marks) {
      const [left, right] = [plot.valToPos(mark.from / 1e6, 'x', true), plot.valToPos(mark.to / 1e6, 'x', true)];
      if (right < bbox.left || left > bbox.left + bbox.width) continue;
      const middle = (Math.max(left, bbox.left) + Math.min(right, bbox.left + bbox.width)) / 2;
      ctx.globalAlpha = 0.18;
      ctx.fillRect(left, bbox.top, Math.max(right - left, 2 * devicePixelRatio), bbox.height);
      ctx.globalAlpha = 1;
      ctx.beginPath();
      ctx.moveTo(middle - wedge, bbox.top);
      ctx.lineTo(middle + wedge, bbox.top);
      ctx.lineTo(middle, bbox.top + 1.6 * wedge);
      ctx.fill();
    }
    ctx.restore();
  }

  private key(event: KeyboardEvent): void {
    const { shown, whole } = this.view;
    const act: Record<string, () => void> = {
      '+': () => this.view.show(zoomed(shown, whole, 0.5)),
      '=': () => this.view.show(zoomed(shown, whole, 0.5)),
      '-': () => this.view.show(zoomed(shown, whole, 2)),
      ArrowLeft: () => this.view.show(moved(shown, whole, -0.25)),
      ArrowRight: () => this.view.show(moved(shown, whole, 0.25)),
      Home: () => this.view.showAll(),
      0: () => this.view.showAll(),
    };
    if (event.ctrlKey || event.metaKey || event.altKey || !act[event.key]) return;
    event.preventDefault();
    act[event.key]?.();
  }

  /** The wheel zooms where the chart has the focus or Ctrl is held; else it scrolls the page, as everywhere. */
  private wheel(event: WheelEvent): void {
    if (!this.plot || !(event.ctrlKey || this.element.contains(document.activeElement))) return;
    event.preventDefault();
    const at = this.plot.posToVal(event.clientX - this.plot.over.getBoundingClientRect().left, 'x') * 1e6;
    this.view.show(zoomed(this.view.shown, this.view.whole, event.deltaY < 0 ? 0.8 : 1.25, at));
  }

  /** One finger moves, two fingers zoom; up and down still scrolls the page. */
  private touch(over: HTMLElement): void {
    const fingers = new Map<number, number>();
    let start: { shown: Stretch; centre: number; spread: number } | undefined;
    const measure = () => {
      const at = [...fingers.values()];
      const centre = at.reduce((sum, x) => sum + x, 0) / at.length;
      return { centre, spread: at.length > 1 ? Math.max(20, Math.abs(at[0]! - at[1]!)) : 0 };
    };
    const begin = () => (start = fingers.size > 0 ? { shown: this.view.shown, ...measure() } : undefined);
    over.addEventListener('pointerdown', (event) => {
      if (event.pointerType !== 'touch') return;
      over.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, event.clientX);
      begin();
    });
    over.addEventListener('pointermove', (event) => {
      if (!fingers.has(event.pointerId) || !start) return;
      fingers.set(event.pointerId, event.clientX);
      const now = measure();
      const perPixel = (start.shown.to - start.shown.from) / over.clientWidth;
      const centre = start.shown.from + (start.centre - over.getBoundingClientRect().left) * perPixel;
      const scaled = start.spread ? zoomed(start.shown, this.view.whole, start.spread / now.spread, centre) : start.shown;
      const by = (start.centre - now.centre) * ((scaled.to - scaled.from) / over.clientWidth);
      this.view.show(within({ from: scaled.from + by, to: scaled.to + by }, this.view.whole));
    });
    for (const end of ['pointerup', 'pointercancel'] as const)
      over.addEventListener(end, (event) => {
        if (fingers.delete(event.pointerId)) begin();
      });
  }
}

/** A pause this many times longer than the usual step between buckets with samples is drawn as a gap. */
const pause = 5;

/**
 * The buckets that hold samples. Zoomed in further than a signal's own pace most buckets are empty; the line goes on through
 * those, and breaks where the samples themselves paused.
 */
function columns(buckets: Buckets): uPlot.AlignedData {
  const held = buckets.start.map((_, i) => i).filter((i) => buckets.mean[i] != null);
  const steps = held.slice(1).map((at, i) => buckets.start[at]! - buckets.start[held[i]!]!).sort((a, b) => a - b);
  const usual = steps[Math.floor(steps.length / 2)] ?? 0;
  const times: number[] = [];
  const values: (number | null)[][] = [[], [], [], []];
  const push = (start: number, ...row: (number | null)[]) => {
    times.push(start / 1e6);
    row.forEach((value, column) => values[column]!.push(value));
  };
  held.forEach((at, i) => {
    const before = i > 0 ? buckets.start[held[i - 1]!]! : undefined;
    const start = buckets.start[at]!;
    if (before !== undefined && start - before > pause * usual) push(before + usual, null, null, null, 0);
    push(start, buckets.max[at]!, buckets.min[at]!, buckets.mean[at]!, buckets.count[at]!);
  });
  return [times, ...values];
}

/** Labels of the time axis: the clock at each split, the day where it begins. */
function labels(splits: number[], step: number): string[] {
  let lastDay = '';
  return splits.map((seconds) => {
    const { day, clock } = written(seconds * 1e6, step);
    const isNew = day !== lastDay;
    lastDay = day;
    return clock ? (isNew ? `${clock}\n${day}` : clock) : day;
  });
}
