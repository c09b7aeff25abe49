// Shows an image to a model: chosen, dropped or photographed, it goes to the node as it is; what the model says comes back.
import { tell } from './asking';
import { sendFile } from './http';

/** Points that a picture is shown with: small ones larger, large ones smaller. */
const leastAcross = 480, mostAcross = 1600;

/** A form's parts and words. */
export interface Shown {
  form: HTMLFormElement;
  find: <T extends Element>(name: string) => T;
  words: (name: string, ...parts: string[]) => string;
  set: (name: string, text: string) => void;
}

function shownBy(form: HTMLFormElement): Shown {
  const find = <T extends Element>(name: string) => form.querySelector<T>(`[data-${name}]`)!;
  const words = (name: string, ...parts: string[]) => (form.getAttribute(`data-${name}`) ?? '').replace(/\{(\d)\}/g, (_, i) => parts[Number(i)] ?? '');
  return { form, find, words, set: (name, text) => (find(name).textContent = text) };
}

/** Shows what the browser could read; else it stays empty, and the node says why. */
function draw(canvas: HTMLCanvasElement, image: ImageBitmap | null): void {
  const across = image ? Math.max(image.width, image.height) : 1;
  const scale = Math.min(mostAcross, Math.max(leastAcross, across)) / across;
  canvas.width = Math.round((image?.width ?? 0) * scale);
  canvas.height = Math.round((image?.height ?? 0) * scale);
  if (image) canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
  image?.close();
}

/** Lets a form take images. */
export function look<T>(form: HTMLFormElement, clear: (shown: Shown) => void, show: (shown: Shown, said: T) => void): Shown {
  const shown = shownBy(form);
  const answer = shown.find<HTMLElement>('answer');
  const photo = shown.find<HTMLCanvasElement>('photo');
  let asked = 0;

  const ask = async (file: File) => {
    const turn = ++asked;
    tell(form, null);
    answer.hidden = false;
    answer.dataset['verdict'] = 'busy';
    shown.set('note', '');
    shown.set('said', shown.words('busy'));
    shown.set('file', file.name);
    clear(shown);
    const image = await createImageBitmap(file).catch(() => null);
    if (turn !== asked) return image?.close(); // another was chosen meanwhile
    draw(photo, image);
    photo.setAttribute('aria-label', shown.words('alt', file.name));
    try {
      const said = await sendFile<T>(`${form.dataset['look']!}?file=${encodeURIComponent(file.name)}`, file);
      if (turn === asked) show(shown, said);
    } catch (failure) {
      if (turn !== asked) return;
      answer.hidden = true;
      tell(form, failure);
    }
  };

  for (const input of form.querySelectorAll<HTMLInputElement>('[data-image]'))
    input.addEventListener('change', () => {
      const file = input.files?.[0];
      if (file) void ask(file);
      input.value = ''; // the same file may be chosen again
    });
  const drop = shown.find<HTMLElement>('drop');
  for (const event of ['dragenter', 'dragover']) drop.addEventListener(event, (moved) => { moved.preventDefault(); drop.classList.add('is-over'); });
  for (const event of ['dragleave', 'drop']) drop.addEventListener(event, () => drop.classList.remove('is-over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void ask(file);
  });
  return shown;
}
