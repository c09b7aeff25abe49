// The devices page: scores as they come in, one strip per machine, and alarms put on top of their list.
import { follow } from './http';
import { writtenWhole } from './span';

interface Score { device: string; asset: string; time: number; score: number; alarm: boolean }
interface Alarm { device: string; asset: string; from: number; score: number }

/** A score of 1 is the alarm limit on every machine. */
const limit = 1;
const kept = 160;
const mostAlarms = 200;

const board = document.querySelector<HTMLElement>('[data-board]');
const template = document.querySelector<HTMLTemplateElement>('template[data-machine]');
const alarmRows = document.querySelector<HTMLElement>('[data-alarms]');
const alarmTemplate = document.querySelector<HTMLTemplateElement>('template[data-alarm]');

class Strip {
  private readonly scores: number[] = [];
  private readonly canvas: HTMLCanvasElement;
  private isDue = false;

  constructor(readonly element: HTMLElement, isNew: boolean) {
    this.canvas = element.querySelector('canvas')!;
    this.scores.push(...(isNew ? [] : (element.dataset['scores'] ?? '').split(' ').filter(Boolean).map(Number)));
    this.later();
  }

  add(score: Score): void {
    this.scores.push(score.score);
    if (this.scores.length > kept) this.scores.shift();
    this.element.classList.toggle('is-alarm', score.alarm);
    for (const mark of this.element.querySelectorAll<HTMLElement>('[data-mark]')) mark.hidden = (mark.dataset['mark'] === 'alarm') !== score.alarm;
    set(this.element, '[data-score]', score.score.toFixed(2));
    const time = this.element.querySelector<HTMLTimeElement>('time');
    if (time) {
      time.dateTime = new Date(score.time / 1000).toISOString();
      time.textContent = `${writtenWhole(score.time)} UTC`;
    }
    this.later();
  }

  later(): void {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.draw();
    });
  }

  /** Scores on a root scale, so that a small rise shows and a large one still fits; the limit is a dashed line. */
  private draw(): void {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.canvas.clientWidth, this.canvas.clientHeight];
    if (width === 0) return;
    [this.canvas.width, this.canvas.height] = [width * ratio, height * ratio];
    const draw = this.canvas.getContext('2d')!;
    draw.scale(ratio, ratio);
    const style = (name: string) => getComputedStyle(document.querySelector(`.ink-${name}`)!).color;
    const top = Math.sqrt(Math.max(2 * limit, ...this.scores));
    const y = (score: number) => height - 4 - (Math.sqrt(Math.max(0, score)) / top) * (height - 8);
    const x = (i: number) => width - 3 - (this.scores.length - 1 - i) * (width / kept);

    draw.strokeStyle = style('soft');
    draw.setLineDash([4, 3]);
    draw.beginPath();
    draw.moveTo(0, y(limit));
    draw.lineTo(width, y(limit));
    draw.stroke();
    draw.setLineDash([]);

    draw.lineWidth = 1.5;
    for (let i = 1; i < this.scores.length; i++) {
      draw.strokeStyle = this.scores[i]! >= limit ? style('alarm') : style('plain');
      draw.beginPath();
      draw.moveTo(x(i - 1), y(this.scores[i - 1]!));
      draw.lineTo(x(i), y(this.scores[i]!));
      draw.stroke();
    }
  }
}

function set(root: ParentNode, selector: string, text: string): void {
  const element = root.querySelector(selector);
  if (element) element.textContent = text;
}

const strips = new Map<string, Strip>();

function stripOf(asset: string): Strip | undefined {
  const known = strips.get(asset);
  if (known || !board || !template) return known;
  const element = (template.content.cloneNode(true) as DocumentFragment).querySelector<HTMLElement>('li')!;
  element.dataset['asset'] = asset;
  const link = element.querySelector<HTMLAnchorElement>('a')!;
  link.textContent = asset;
  link.href = `/signals?asset=${encodeURIComponent(asset)}`;
  board.append(element);
  const strip = new Strip(element, true);
  strips.set(asset, strip);
  document.querySelector('[data-board-empty]')?.remove();
  return strip;
}

function raise(alarm: Alarm): void {
  if (!alarmRows || !alarmTemplate) return;
  const row = (alarmTemplate.content.cloneNode(true) as DocumentFragment).querySelector('tr')!;
  const link = row.querySelector('a')!;
  link.textContent = alarm.asset;
  link.href = `/signals?asset=${encodeURIComponent(alarm.asset)}`;
  set(row, '[data-from]', writtenWhole(alarm.from));
  set(row, '[data-score]', alarm.score.toFixed(2));
  set(row, '[data-device]', alarm.device);
  alarmRows.prepend(row);
  while (alarmRows.children.length > mostAlarms) alarmRows.lastElementChild?.remove();
  document.querySelector('[data-alarms-empty]')?.remove();
  alarmRows.closest('table')?.removeAttribute('hidden');
}

for (const element of document.querySelectorAll<HTMLElement>('[data-board] > li')) strips.set(element.dataset['asset'] ?? '', new Strip(element, false));
document.addEventListener('dure-theme', () => strips.forEach((strip) => strip.later()));
addEventListener('resize', () => strips.forEach((strip) => strip.later()));

const live = document.querySelector<HTMLElement>('[data-live]');
follow('/api/v1/devices/events', {
  score: (data) => stripOf((data as Score).asset)?.add(data as Score),
  alarm: (data) => raise(data as Alarm),
}, (on) => {
  if (!live) return;
  live.dataset['state'] = on ? 'on' : 'lost';
  live.textContent = (on ? live.dataset['on'] : live.dataset['lost']) ?? '';
});
