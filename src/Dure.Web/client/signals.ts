// The signals page: charts of the chosen signals of one machine on one stretch of time. Each change of the stretch fetches
// as many buckets as the chart has pixels, so that a day and a decade cost the same.
import { getJson } from './http';
import { type Buckets, message, SeriesChart, type Viewport } from './seriesChart';
import { type Stretch, moved, within, writtenWhole, zoomed } from './span';

interface Resampled { signal: string; unit: string; from: number; to: number; buckets: Buckets }

const mostPoints = 2000;
const settleMilliseconds = 120;

class SignalsPage implements Viewport {
  shown: Stretch = { from: 0, to: 1 };
  whole: Stretch = { from: 0, to: 1 };
  private isWhole = true;
  private readonly charts = new Map<string, SeriesChart>();
  private readonly extents = new Map<string, Stretch>();
  private readonly counts = new Map<string, number>();
  private readonly pending = new Map<SeriesChart, AbortController>();
  private timer = 0;

  constructor(private readonly host: HTMLElement, private readonly boxes: HTMLInputElement[], private readonly range: HTMLElement | null,
    private readonly marksOf: (signal: string) => Stretch[]) {}

  start(): void {
    for (const box of this.boxes) box.addEventListener('change', () => this.choose());
    document.addEventListener('dure-theme', () => this.charts.forEach((chart) => chart.repaint()));
    new ResizeObserver(() => this.charts.forEach((chart) => chart.resize())).observe(this.host);
    this.choose();
  }

  show(stretch: Stretch): void {
    this.shown = within(stretch, this.whole);
    this.isWhole = this.shown.from <= this.whole.from && this.shown.to >= this.whole.to;
    this.charts.forEach((chart) => chart.follow());
    this.say();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load([...this.charts.values()]), settleMilliseconds);
  }

  showAll(): void {
    this.show(this.whole);
  }

  /** Brings a finding into the picture: its signal is chosen, with as much time on either side as it lasts, and a little at least. */
  showMark(signal: string, mark: Stretch): void {
    const box = this.boxes.find((one) => one.value === signal);
    if (box && !box.checked) {
      box.checked = true;
      this.choose();
    }
    const around = Math.max(mark.to - mark.from, (this.whole.to - this.whole.from) / 500, 1e6);
    this.show({ from: mark.from - around, to: mark.to + around });
    this.host.scrollIntoView({ block: 'center' });
  }

  private words(key: string): string {
    return this.host.dataset[key] ?? '';
  }

  private choose(): void {
    const wanted = this.boxes.filter((box) => box.checked);
    for (const [signal, chart] of this.charts)
      if (!wanted.some((box) => box.value === signal)) {
        this.pending.get(chart)?.abort();
        this.pending.delete(chart);
        chart.remove();
        this.charts.delete(signal);
      }
    const added = wanted.filter((box) => !this.charts.has(box.value)).map((box) => {
      const words = { time: this.words('time'), mean: this.words('mean'), band: this.words('band'), count: this.words('count') };
      const chart = new SeriesChart(box.value, box.dataset['name'] ?? box.value, box.dataset['unit'] ?? '', this.boxes.indexOf(box), words, this, this.marksOf(box.value));
      this.charts.set(box.value, chart);
      return chart;
    });
    // In the order of the list, whichever was ticked last.
    this.host.replaceChildren(...wanted.map((box) => this.charts.get(box.value)!.element));
    if (wanted.length === 0) this.host.append(message(this.words('none')));
    void this.load(added);
  }

  private async load(charts: SeriesChart[]): Promise<void> {
    await Promise.all(charts.map((chart) => this.fetch(chart)));
    this.say();
  }

  /** A newer question about a chart replaces the one under way, so that a late answer never draws over a newer one. */
  private async fetch(chart: SeriesChart): Promise<void> {
    this.pending.get(chart)?.abort();
    const abort = new AbortController();
    this.pending.set(chart, abort);
    const query = new URLSearchParams({ signal: chart.signal, points: String(Math.min(mostPoints, chart.width)) });
    if (!this.isWhole) {
      query.set('from', String(Math.floor(this.shown.from)));
      query.set('to', String(Math.ceil(this.shown.to)));
    }
    chart.busy(true);
    try {
      const answer = await getJson<Resampled>(`/api/v1/signals/resample?${query}`, abort.signal);
      if (this.isWhole && answer.buckets.start.length > 0) this.widen(chart.signal, answer);
      this.counts.set(chart.signal, answer.buckets.count.reduce((sum, count) => sum + count, 0));
      if (this.whole.to <= 1) chart.say(this.words('empty'));
      else chart.fill(answer.buckets);
    } catch (failure) {
      if (abort.signal.aborted) return;
      chart.say(`${this.words('failed')} ${failure instanceof Error ? failure.message : ''}`);
    } finally {
      if (this.pending.get(chart) === abort) chart.busy(false);
    }
  }

  /** The whole is what the machine's signals cover together. */
  private widen(signal: string, answer: Resampled): void {
    this.extents.set(signal, { from: answer.from, to: answer.to });
    const all = [...this.extents.values()];
    this.whole = { from: Math.min(...all.map((extent) => extent.from)), to: Math.max(...all.map((extent) => extent.to)) };
    this.shown = { ...this.whole };
    this.charts.forEach((chart) => chart.follow());
  }

  private say(): void {
    if (!this.range) return;
    const samples = [...this.charts.keys()].reduce((sum, signal) => sum + (this.counts.get(signal) ?? 0), 0);
    this.range.textContent = this.charts.size === 0 || this.whole.to <= 1 ? '' : (this.range.dataset['words'] ?? '')
      .replace('{0}', writtenWhole(this.shown.from)).replace('{1}', writtenWhole(this.shown.to)).replace('{2}', samples.toLocaleString('en'));
  }
}

const findings = [...document.querySelectorAll<HTMLElement>('[data-finding]')].map((element) => ({
  element,
  signal: element.dataset['finding'] ?? '',
  mark: { from: Number(element.dataset['from']), to: Number(element.dataset['to']) },
}));
const host = document.querySelector<HTMLElement>('[data-signals]');
if (host) {
  const boxes = [...document.querySelectorAll<HTMLInputElement>('input[name="signal"]')];
  const page = new SignalsPage(host, boxes, document.querySelector('[data-range]'),
    (signal) => findings.filter((one) => one.signal === signal).map((one) => one.mark));
  for (const hidden of document.querySelectorAll<HTMLElement>('[data-choices], [data-how], [data-zoom]')) hidden.hidden = false;
  const acts: Record<string, () => void> = {
    in: () => page.show(zoomed(page.shown, page.whole, 0.5)),
    out: () => page.show(zoomed(page.shown, page.whole, 2)),
    left: () => page.show(moved(page.shown, page.whole, -0.25)),
    right: () => page.show(moved(page.shown, page.whole, 0.25)),
    all: () => page.showAll(),
  };
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-do]')) button.addEventListener('click', () => acts[button.dataset['do'] ?? '']?.());
  page.start();
  for (const { element, signal, mark } of findings)
    for (const button of element.querySelectorAll<HTMLButtonElement>('[data-show]')) {
      button.hidden = false;
      button.addEventListener('click', () => page.showMark(signal, mark));
    }
}

// With scripts, choosing a machine is enough; the button stays for keyboards that go through the list.
for (const select of document.querySelectorAll<HTMLSelectElement>('select[data-go]')) {
  let isByMouse = false;
  select.addEventListener('pointerdown', () => (isByMouse = true));
  select.addEventListener('keydown', () => (isByMouse = false));
  select.addEventListener('change', () => isByMouse && select.form?.submit());
}
