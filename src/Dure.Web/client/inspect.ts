// An inspection's page: an image goes to the node as it is; the map of what is strange comes back and is laid over it.
import { tell } from './asking';
import { sendFile } from './http';

interface Inspected {
  verdict: 'good' | 'defect'; score: number; share: number; goodImages: number; proven: boolean; blank: boolean; otherShape: boolean;
  strangest: { x: number; y: number }; map: { width: number; height: number; values: number[] };
}

/** In units of the limit: where colour begins, and where it is full; as the command line's picture has it. */
const from = 0.5, full = 1.25, mostCover = 0.6;
/** Points that a picture is shown with: small ones larger, large ones smaller. */
const leastAcross = 480, mostAcross = 1600;

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

/** The image as the browser reads it; what it cannot read stays empty, and the node says why. */
async function picture(canvas: HTMLCanvasElement, file: File): Promise<void> {
  const image = await createImageBitmap(file).catch(() => null);
  const across = image ? Math.max(image.width, image.height) : 1;
  const scale = Math.min(mostAcross, Math.max(leastAcross, across)) / across;
  canvas.width = Math.round((image?.width ?? 0) * scale);
  canvas.height = Math.round((image?.height ?? 0) * scale);
  if (image) canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  image?.close();
}

function start(form: HTMLFormElement): void {
  const find = <T extends Element>(name: string) => form.querySelector<T>(`[data-${name}]`)!;
  const words = (name: string, ...parts: string[]) => (form.getAttribute(`data-${name}`) ?? '').replace(/\{(\d)\}/g, (_, i) => parts[Number(i)] ?? '');
  const set = (name: string, text: string) => (find(name).textContent = text);
  const answer = find<HTMLElement>('answer');
  const photo = find<HTMLCanvasElement>('photo');
  const canvas = find<HTMLCanvasElement>('map');
  const spot = find<HTMLElement>('spot');
  let asked = 0;

  const show = (said: Inspected) => {
    const isGood = said.verdict === 'good';
    answer.dataset['verdict'] = said.verdict;
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
  };

  const inspect = async (file: File) => {
    const turn = ++asked;
    tell(form, null);
    answer.hidden = false;
    answer.dataset['verdict'] = 'busy';
    for (const name of ['score-said', 'share-said', 'note']) set(name, '');
    set('said', words('busy'));
    set('file', file.name);
    spot.hidden = true;
    canvas.width = canvas.height = 0;
    await picture(photo, file);
    photo.setAttribute('aria-label', words('alt', file.name));
    try {
      const said = await sendFile<Inspected>(`${form.dataset['inspect']!}?file=${encodeURIComponent(file.name)}`, file);
      if (turn === asked) show(said);
    } catch (failure) {
      if (turn !== asked) return;
      answer.hidden = true;
      tell(form, failure);
    }
  };

  for (const input of form.querySelectorAll<HTMLInputElement>('[data-image]'))
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      if (file) void inspect(file);
      input.value = ''; // the same file may be chosen again
    });
  const drop = find<HTMLElement>('drop');
  for (const event of ['dragenter', 'dragover']) drop.addEventListener(event, (moved) => { moved.preventDefault(); drop.classList.add('is-over'); });
  for (const event of ['dragleave', 'drop']) drop.addEventListener(event, () => drop.classList.remove('is-over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void inspect(file);
  });
  find<HTMLInputElement>('show-map').addEventListener('change', (event) => (canvas.hidden = !(event.target as HTMLInputElement).checked));
}

for (const form of document.querySelectorAll<HTMLFormElement>('form[data-inspect]')) start(form);
