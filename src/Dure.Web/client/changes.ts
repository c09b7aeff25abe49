// What would have to be otherwise in the row of the form above, and what the model would then say.
import { tell } from './asking';
import { sendJson } from './http';
import { written } from './parts';

type Value = number | string | null;
interface Said { value?: number; low?: number; high?: number; class?: string }
interface Answer { already: boolean; changes: { changes: { signal: string; from: Value; to: Value }[]; prediction: Said; likeness: number }[] }

const farFromSeen = 1;

export function startChanges(form: HTMLFormElement, rowOf: () => Record<string, number | string>): void {
  const say = (name: string, ...parts: string[]) => (form.dataset[name] ?? '').replace(/\{(\d)\}/g, (_, i) => parts[Number(i)] ?? '');
  const shown = (value: Value) => (value === null ? form.dataset['missing']! : typeof value === 'number' ? written(value) : value);
  const answer = form.querySelector<HTMLElement>('[data-changes]')!;
  const list = answer.querySelector('[data-changes-list]')!;

  const line = (text: string, kind = '') => {
    const item = document.createElement('li');
    item.textContent = text;
    item.className = kind;
    list.append(item);
  };

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    tell(form, null);
    const free = [...form.querySelectorAll<HTMLInputElement>('[data-free]:checked')].map((box) => box.dataset['free']);
    const wanted = form.querySelector<HTMLInputElement | HTMLSelectElement>('[data-wanted]')!;
    const side = form.querySelector<HTMLSelectElement>('[data-side]')?.value;
    const number = Number(wanted.value.replace(',', '.'));
    try {
      const { already, changes } = await sendJson<Answer>('POST', form.dataset['change']!, { rows: [rowOf()], free, ...(side ? { [side]: Number.isNaN(number) ? wanted.value : number } : { class: wanted.value }) });
      answer.hidden = false;
      list.replaceChildren();
      if (changes.length === 0) line(say(already ? 'already' : 'none'));
      for (const { changes: parts, prediction, likeness } of changes) {
        const then = prediction.class ?? (prediction.low === prediction.high ? written(prediction.value ?? NaN) : '');
        line(`${parts.map((part) => say('instead', part.signal, shown(part.to), shown(part.from))).join(', ')} → ${then ? say('then', then) : say('thenInterval', written(prediction.value!), written(prediction.low!), written(prediction.high!))}${likeness > farFromSeen ? ` ${say('far')}` : ''}`);
      }
    } catch (failure) {
      answer.hidden = true;
      tell(form, failure);
    }
  });
}
