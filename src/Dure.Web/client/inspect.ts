// An inspection's page: an image goes to the node as it is; the map of what is strange comes back and is laid over it.
import { look } from './looking';

interface Inspected {
  verdict: 'good' | 'defect'; score: number; share: number; goodImages: number; proven: boolean; blank: boolean; otherShape: boolean;
  strangest: { x: number; y: number }; map: { width: number; height: number; values: number[] };
}

/** In units of the limit: where colour begins, and where it is full; as the command line's picture has it. */
const from = 0.5, full = 1.25, mostCover = 0.6;

function draw(canvas: HTMLCanvasElement, { width, height, values }: Inspected['map']): void {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!;
  const picture = context.createImageData(width, height);
  values.forEach((value, i) => {
    const strange = Math.min(1, Math.max(0, (value - from) / (full - from)));
    picture.data.set([255, 200 * (1 - strange), 0, 255 * mostCover * strange], 4 * i);
  });
  context.putImageData(picture, 0, 0);
}

function start(form: HTMLFormElement): void {
  const shown = look<Inspected>(form, ({ set }) => {
    for (const name of ['score-said', 'share-said']) set(name, '');
    spot.hidden = true;
    canvas.width = canvas.height = 0;
  }, ({ find, words, set }, said) => {
    const isGood = said.verdict === 'good';
    find<HTMLElement>('answer').dataset['verdict'] = said.verdict;
    set('said', words(said.verdict));
    set('score-said', words('score', said.score.toFixed(2)));
    const alike = Math.round(said.share * (said.goodImages + 1));
    set('share-said', words(alike <= 1 ? 'rare' : 'usual', String(alike), String(said.goodImages + 1)));
    set('note', [said.blank ? words('blank') : '', said.otherShape ? words('other-shape') : '', said.proven ? '' : words('unproven')].filter(Boolean).join(' '));
    const bar = find<SVGRectElement>('bar');
    bar.setAttribute('width', String(198 * Math.min(1, Math.max(0, said.score / 2))));
    bar.setAttribute('class', isGood ? 'bar' : 'bar-alarm');
    draw(canvas, said.map);
    spot.hidden = isGood;
    spot.style.left = `${said.strangest.x * 100}%`;
    spot.style.top = `${said.strangest.y * 100}%`;
  });
  const canvas = shown.find<HTMLCanvasElement>('map');
  const spot = shown.find<HTMLElement>('spot');
  shown.find<HTMLInputElement>('show-map').addEventListener('change', (event) => (canvas.hidden = !(event.target as HTMLInputElement).checked));
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-inspect]')) start(form);
